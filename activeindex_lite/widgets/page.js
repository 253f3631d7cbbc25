// A page without a kernel. An explorer asks a model for its traits and listens for changes; here the model is a plain
// object. Python writes the explorer's own module (as `explorer`) and its traits (as `state`) before this file.

const listeners = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    if (state[name] === value) return;
    state[name] = value;
    (listeners[`change:${name}`] || []).forEach((listener) => listener());
  },
  // With no kernel to tell, there is nothing to do.
  save_changes() {},
  send() {},
  on(name, listener) {
    listeners[name] = [...(listeners[name] || []), listener];
  },
  off(name, listener) {
    listeners[name] = (listeners[name] || []).filter((other) => other !== listener);
  },
};
explorer.render({ model, el: document.getElementById("explorer") });
