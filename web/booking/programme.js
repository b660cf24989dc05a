// The list of shows, asked again every few seconds while somebody looks at the page.

const EVERY_MS = 4_000;

/// Events: "change", "lost", "found".
export class Programme extends EventTarget {
  constructor(api) {
    super();
    this.api = api;
    this.shows = new Map();
    this.isKnown = false;
    this.watchers = 0;
    document.addEventListener("visibilitychange", () => this.watchers > 0 && this.look());
  }

  get(showId) {
    return this.shows.get(showId);
  }

  title(showId) {
    return this.shows.get(showId)?.movie ?? showId;
  }

  async refresh() {
    const { body } = await this.api.read("v1/shows");
    this.shows = new Map((body.shows ?? []).map((show) => [show.show_id, show]));
    this.isKnown = true;
    this.dispatchEvent(new Event("change"));
  }

  /// Until the function that it gives is called.
  watch() {
    this.watchers++;
    if (this.watchers === 1) this.look();
    return () => this.watchers--;
  }

  async look() {
    clearTimeout(this.timer);
    if (this.watchers === 0 || document.hidden) return;
    try {
      await this.refresh();
      this.dispatchEvent(new Event("found"));
    } catch {
      this.dispatchEvent(new Event("lost"));
    }
    this.timer = setTimeout(() => this.look(), this.isKnown ? EVERY_MS : 1_000);
  }
}
