// Whose bookings these are: a name (the client id) that this browser remembers.

const KEY = "marquee.name";
const MOST_BYTES = 255;

/// Storage can be switched off; the page then works until it is closed.
export const remembered = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // nothing to be done: it is forgotten with the page
    }
  },
};

export function randomText(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes)); // randomUUID exists on secure origins only
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Identity extends EventTarget {
  constructor() {
    super();
    this.name = remembered.get(KEY);
    this.isGuest = this.name === null;
    if (this.isGuest) this.name = `guest-${randomText(4)}`;
    else this.isGuest = this.name.startsWith("guest-");
    remembered.set(KEY, this.name);
  }

  /// Why `name` cannot be taken, in plain words; null if it can.
  problem(name) {
    if (name === "") return "Please type a name.";
    if (new TextEncoder().encode(name).length > MOST_BYTES) return "This name is too long. Please choose a shorter one.";
    if (/\p{Cc}/u.test(name)) return "A name cannot have line breaks or other control characters.";
    if (name.startsWith("_")) return "A name cannot begin with an underscore.";
    return null;
  }

  change(name) {
    if (name === this.name) return;
    this.name = name;
    this.isGuest = false;
    remembered.set(KEY, name);
    this.dispatchEvent(new Event("change"));
  }

  /// The name as a header's value: its UTF-8 bytes, one character each, because that is all fetch lets through.
  header() {
    return String.fromCharCode(...new TextEncoder().encode(this.name));
  }
}
