/** With `"normal"`, a completed write survives any end of the process; with `"full"`, it also survives a power cut. */
export type Durability = 'normal' | 'full';
