import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

/** The page is a template until data are injected: the name says so. */
const template: Plugin = {
  name: 'template',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const page = bundle['index.html'];
      if (page !== undefined) page.fileName = 'template.html';
    },
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [viteSingleFile(), template],
  build: {
    outDir: fileURLToPath(new URL('../../../dist/histories/report/page', import.meta.url)),
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: false,
  },
});
