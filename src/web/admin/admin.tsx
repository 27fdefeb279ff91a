import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('app');
if (root === null) throw new Error('this document is not one of our pages');
root.replaceChildren();
render(<App />, root);
