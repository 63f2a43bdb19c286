// Lets parts of the page tell each other what happened without knowing each other.

const bus = new EventTarget();

export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

export const on = (name, react) => bus.addEventListener(name, (event) => react(event.detail));
