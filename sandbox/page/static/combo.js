// A search box that finds buildings, rooms and people; with arrow keys, Enter and Escape.

import { get } from "./api.js";
import { element } from "./dom.js";

const PAUSE_MS = 120;
const GROUPS = { building: "Buildings", room: "Rooms", person: "People" };
let number = 0;

export class Combo {
  // `kinds` as in /sandbox/search; `isFree` takes any address that was typed; `onPick` hears of {kind, address, name}.
  constructor({ label, kinds, isFree = false, isRequired = false, placeholder = "", onPick = () => {} }) {
    Object.assign(this, { kinds, isFree, onPick, picked: null, options: [], at: -1 });
    number += 1;
    this.list = element("ul", { className: "options", id: `options-${number}`, popover: "manual" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    this.input = element("input", { type: "text", autocomplete: "off", required: isRequired, placeholder, spellcheck: false });
    const attributes = { role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.input.setAttribute("aria-controls", this.list.id);
    this.root = element("span", { className: "combo" }, this.input, this.list);
    this.listen();
  }

  get value() {
    return this.picked?.address ?? "";
  }

  pick(option) {
    this.picked = option;
    this.input.value = option?.name ?? "";
    this.input.title = option?.name ?? "";
    this.input.setCustomValidity("");
  }

  listen() {
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.look(""));
    this.input.addEventListener("input", () => {
      this.picked = null;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(this.input.value), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.options[Number(option.dataset.place)]);
    });
  }

  async look(text) {
    const asked = (this.asked = Symbol(text));
    try {
      const { value } = await get("/sandbox/search", { q: text, kind: this.kinds.join() });
      if (asked === this.asked && document.activeElement === this.input) this.show(value);
    } catch {
      this.close();
    }
  }

  show(options) {
    this.options = options;
    this.at = options.length && this.input.value && !this.picked ? 0 : -1;
    const rows = [];
    options.forEach((option, place) => {
      if (this.kinds.length > 1 && option.kind !== options[place - 1]?.kind) {
        rows.push(element("li", { className: "group", textContent: GROUPS[option.kind], role: "presentation" }));
      }
      rows.push(this.row(option, place));
    });
    if (!rows.length) rows.push(element("li", { className: "group", textContent: "Nothing has that name." }));
    this.list.replaceChildren(...rows);
    this.open();
    this.mark();
  }

  row(option, place) {
    const row = element("li", { role: "option", id: `${this.list.id}-${place}`, title: option.address },
      element("b", { textContent: option.name }), element("small", { textContent: option.about }));
    row.dataset.place = place;
    return row;
  }

  open() {
    const box = this.input.getBoundingClientRect();
    const width = Math.max(box.width, Math.min(320, window.innerWidth - 16));
    this.list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
    this.list.style.width = `${width}px`;
    const isAbove = box.bottom > window.innerHeight * 0.7;
    this.list.style.top = isAbove ? "auto" : `${box.bottom + 4}px`;
    this.list.style.bottom = isAbove ? `${window.innerHeight - box.top + 4}px` : "auto";
    this.list.style.maxHeight = `${Math.min(380, (isAbove ? box.top : window.innerHeight - box.bottom) - 16)}px`;
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    this.asked = null;
    clearTimeout(this.timer);
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  press(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return void this.look(this.picked ? "" : this.input.value);
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + step + this.options.length) % Math.max(1, this.options.length);
      this.mark();
    } else if (event.key === "Enter" && this.isOpen && this.at >= 0) {
      event.preventDefault();
      this.choose(this.options[this.at]);
    } else if (event.key === "Enter" && this.isFree && this.input.value.includes("@")) {
      event.preventDefault();
      this.leave();
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  mark() {
    this.list.querySelectorAll("[role=option]").forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === this.at));
      if (place === this.at) {
        row.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", row.id);
      }
    });
  }

  choose(option) {
    this.pick(option);
    this.close();
    this.onPick(option);
  }

  leave() {
    this.close();
    const text = this.input.value.trim();
    if (this.picked || (!text && !this.input.required)) return this.input.setCustomValidity("");
    const exact = this.options.find((one) => [one.name, one.address].some((name) => name.toLowerCase() === text.toLowerCase()));
    if (exact) return this.choose(exact);
    if (this.isFree && /^\S+@\S+\.\S+$/.test(text)) return this.choose({ kind: "person", address: text, name: text });
    this.input.setCustomValidity(text ? "Choose one of the names that are shown." : "");
  }
}
