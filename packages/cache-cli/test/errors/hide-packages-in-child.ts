import { registerHooks } from 'node:module';

// Preloaded into a child: packages named in the environment appear not to be installed.
const hidden = new Set((process.env['HIDDEN_PACKAGES'] ?? '').split(','));

registerHooks({
  resolve(specifier, context, next) {
    if (!hidden.has(specifier)) return next(specifier, context);
    const message = `Cannot find package '${specifier}' imported from ${context.parentURL ?? 'nowhere'}`;
    throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
  },
});
