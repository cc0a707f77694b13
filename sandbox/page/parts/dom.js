// A keyed reconciler. Nodes with the same key stay the same nodes, so focus, typed text and scroll survive a redraw.
// Data becomes text nodes and attributes only; nothing here parses HTML.

const KEY = Symbol("key");
const PROPS = Symbol("props");
const pending = [];

export function h(tag, props, ...children) {
  return { tag, props: props || {}, children: children.flat(Infinity).filter(shown) };
}

const shown = (child) => child !== null && child !== undefined && child !== false && child !== "";

function keysOf(children) {
  const counts = new Map();
  return children.map((child) => {
    const tag = child.tag || "#text";
    if (child.props && child.props.key !== undefined) return `${tag}|${child.props.key}`;
    const nth = counts.get(tag) || 0;
    counts.set(tag, nth + 1);
    return `${tag}#${nth}`;
  });
}

export function patch(parent, next) {
  reconcile(parent, [next].flat(Infinity).filter(shown));
  for (const [call, node] of pending.splice(0)) call(node);
}

function reconcile(parent, children) {
  const keys = keysOf(children);
  const old = new Map();
  for (const node of [...parent.childNodes]) {
    if (node[KEY] !== undefined && keys.includes(node[KEY]) && !old.has(node[KEY])) old.set(node[KEY], node);
    else node.remove();
  }
  let cursor = parent.firstChild;
  children.forEach((child, i) => {
    const node = old.get(keys[i]) || create(child, keys[i]);
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
    update(node, child);
  });
}

function create(child, key) {
  if (!child.tag) {
    const text = document.createTextNode(String(child));
    text[KEY] = key;
    return text;
  }
  const node = document.createElement(child.tag);
  node[KEY] = key;
  node[PROPS] = { on: {} };
  if (child.props.mounted) pending.push([child.props.mounted, node]);
  return node;
}

function update(node, child) {
  if (!child.tag) {
    if (node.data !== String(child)) node.data = String(child);
    return;
  }
  const before = node[PROPS];
  node[PROPS] = child.props;
  setAttributes(node, before, child.props);
  listen(node, child.props.on || {});
  reconcile(node, child.children);
  if (before.start === undefined && child.props.start) Object.assign(node, child.props.start);
}

const OWN = new Set(["key", "on", "start", "mounted"]);

function setAttributes(node, before, after) {
  for (const name of Object.keys(before)) {
    if (!OWN.has(name) && !(name in after)) node.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(after)) {
    if (OWN.has(name) || before[name] === value) continue;
    if (value === false || value === null || value === undefined) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

const HEARD = Symbol("heard");

function listen(node, handlers) {
  node[HEARD] ||= new Set();
  for (const type of Object.keys(handlers)) {
    if (node[HEARD].has(type)) continue;
    node[HEARD].add(type);
    node.addEventListener(type, (event) => node[PROPS].on?.[type]?.(event));
  }
}
