// Makes and keeps elements. Texts go in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Lets `parent` hold one child for each item, in order: elements stay where their item stays, so that nothing flickers
// and the focus is kept. `make(item)` makes a child, `update(child, item)` runs when its item is new or differs.
export function keyed(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].filter((child) => child.itemKey).map((child) => [child.itemKey, child]));
  let last = null;
  for (const item of items) {
    const key = keyOf(item);
    const child = old.get(key) ?? make(item);
    old.delete(key);
    const shown = JSON.stringify(item);
    if (child.itemShown !== shown) {
      child.itemKey = key;
      child.itemShown = shown;
      update(child, item);
    }
    const wanted = last ? last.nextElementSibling : parent.firstElementChild;
    if (child !== wanted) parent.insertBefore(child, wanted);
    last = child;
  }
  for (const child of old.values()) child.remove();
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
