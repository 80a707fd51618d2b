// FIFO / sparse files in the place of the small files of a JSONL directory. Usage: node repro-06 <case>
import './zz-common.mjs'; import {dir,since} from './zz-common.mjs'; import { writeFileSync, truncateSync, mkdirSync, symlinkSync, readdirSync } from 'node:fs'; import { execFileSync } from 'node:child_process';
import { JsonlCacheTier } from '@pw/tier-jsonl'; import { CacheEntry } from '@pw/cache-models';
const d=dir('fifo'); const w=process.argv[2];
const t0=new JsonlCacheTier({}, {directory:d}); for(let i=0;i<40;i++){const e=CacheEntry.create({proxyUrl:`http://h${i}:1`});await t0.put(e.key,e);} await t0.close();
console.log('left by close():',readdirSync(d).filter(n=>!/^shard_..\.jsonl$/.test(n)).join(' '));
const sparse=(n,size)=>{writeFileSync(n,'');truncateSync(n,size)};
const fifo=n=>{execFileSync('rm',['-rf',n]);execFileSync('mkfifo',[n])};
({ 'fifo-layout':()=>fifo(d+'/pw-cache.json'), 'fifo-index':()=>fifo(d+'/shard_03.jsonl.index'), 'fifo-shard':()=>fifo(d+'/shard_03.jsonl'), 'fifo-quarantine':()=>{fifo(d+'/quarantine')},
 'fifo-quarantine-file':()=>{mkdirSync(d+'/quarantine');fifo(d+'/quarantine/shard_03.jsonl');writeFileSync(d+'/shard_03.jsonl','garbage\n')},
 'sparse-layout':()=>sparse(d+'/pw-cache.json',3*2**30), 'sparse-layout-600m':()=>sparse(d+'/pw-cache.json',600*2**20),
 'sparse-index':()=>sparse(d+'/shard_03.jsonl.index',6*2**30), 'sparse-shard':()=>sparse(d+'/shard_03.jsonl',8*2**30),
 'dir-shard':()=>{execFileSync('rm',['-rf',d+'/shard_03.jsonl']);mkdirSync(d+'/shard_03.jsonl')}, 'dir-layout':()=>{execFileSync('rm',['-rf',d+'/pw-cache.json']);mkdirSync(d+'/pw-cache.json')},
 'file-lock':()=>writeFileSync(d+'/shard_03.jsonl.lock','x'), 'symlink-lock':()=>symlinkSync('/etc',d+'/shard_03.jsonl.lock'), 'symlink-shard':()=>{execFileSync('rm',['-rf',d+'/shard_03.jsonl']);symlinkSync('/etc/passwd',d+'/shard_03.jsonl')},
 'zero-dev':()=>{execFileSync('rm',['-rf',d+'/shard_03.jsonl']);execFileSync('mknod',[d+'/shard_03.jsonl','c','1','5'])}, 'zero-layout':()=>{execFileSync('rm',['-rf',d+'/pw-cache.json']);execFileSync('mknod',[d+'/pw-cache.json','c','1','5'])},
 'zero-index':()=>{execFileSync('rm',['-rf',d+'/shard_03.jsonl.index']);execFileSync('mknod',[d+'/shard_03.jsonl.index','c','1','5'])},
})[w]();
const t=performance.now(); const tier=new JsonlCacheTier({}, {directory:d});
try{ await tier.open(); console.log(w,'open ok',since(t)); let n=0; for(let i=0;i<40;i++) if(await tier.get(CacheEntry.create({proxyUrl:`http://h${i}:1`}).key)) n++; console.log(' readable',n,'/40','rss',(process.memoryUsage().rss/2**20).toFixed(0),'maxrss',(process.resourceUsage().maxRSS/1024).toFixed(0),'MiB',since(t), 'damaged',tier.statistics?.evictionsCorruption);
 let p=0; for(let i=100;i<140;i++){const e=CacheEntry.create({proxyUrl:`http://h${i}:1`}); if(await tier.put(e.key,e)) p++;} console.log(' stored',p,'/40',since(t),'enabled',tier.enabled)}
catch(e){console.log(w,'THREW',e.name,e.message,'|',e.cause?.code,e.cause?.message?.slice(0,80),'maxrss',(process.resourceUsage().maxRSS/1024).toFixed(0))}
const t2=performance.now(); await tier.close(); console.log(' close',since(t2));
