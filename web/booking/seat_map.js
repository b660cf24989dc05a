// The seats of one show as they are known here, and what is near what. No I/O, no elements.

const letterOf = (col) => String.fromCharCode(64 + col);

export class SeatMap {
  constructor(body) {
    this.replace(body);
  }

  /// `body` as GET seats gave it.
  replace(body) {
    this.show = { show_id: body.show_id, movie: body.movie, hall: body.hall, starts_at_ms: body.starts_at_ms };
    this.rows = body.rows;
    this.cols = body.cols;
    this.version = body.show_version;
    this.categories = new Map((body.categories ?? []).map((category) => [category.id, category]));
    this.lines = Array.from({ length: body.rows + 1 }, () => []); // by row from 1; by column from 1, aisles undefined
    this.seats = new Map();
    for (const { id, row, col, cat, state, mine } of body.seats) {
      const seat = { id, row, col, cat, state, mine: mine === true, ownVersion: 0 };
      this.seats.set(id, seat);
      this.lines[row][col] = seat;
    }
  }

  seat(id) {
    return this.seats.get(id);
  }

  at(row, col) {
    return this.lines[row]?.[col];
  }

  letter(seat) {
    return letterOf(seat.col);
  }

  category(seat) {
    return this.categories.get(seat.cat) ?? { id: seat.cat, name: seat.cat, price_cents: 0 };
  }

  price(ids) {
    return ids.reduce((sum, id) => sum + this.category(this.seat(id)).price_cents, 0);
  }

  /// A message of the stream. Gives the seats that changed. What this page did itself may have arrived before.
  apply(version, changes) {
    if (version <= this.version) return [];
    this.version = version;
    const changed = [];
    for (const { id, state } of changes) {
      const seat = this.seat(id);
      if (!seat || version < seat.ownVersion) continue;
      const mine = state !== "AVAILABLE" && state !== "BLOCKED" && (seat.mine || seat.ownVersion === version);
      if (seat.state === state && seat.mine === mine) continue;
      Object.assign(seat, { state, mine });
      changed.push(seat);
    }
    return changed;
  }

  /// The answer to an own command: true before the stream says so, and the stream does not say whose seats they are.
  /// `version` is not the map's: what others did before it may still be under way.
  markOwn(ids, state, version) {
    const changed = ids.map((id) => this.seat(id)).filter(Boolean);
    for (const seat of changed) {
      const mine = state === "HELD" || state === "BOOKED";
      Object.assign(seat, { state, mine, ownVersion: Math.max(seat.ownVersion, version ?? this.version) });
    }
    return changed;
  }

  free(category = null) {
    let count = 0;
    for (const seat of this.seats.values()) {
      if (seat.state === "AVAILABLE" && (category === null || seat.cat === category)) count++;
    }
    return count;
  }

  sorted(ids) {
    return [...ids].sort((a, b) => {
      const [first, second] = [this.seat(a), this.seat(b)];
      return first.row - second.row || first.col - second.col;
    });
  }

  /// Free seats to offer in place of `wanted`: side by side and near them if there are such, else the nearest ones;
  /// null if there are not enough. `isFree` decides what counts.
  alternative(wanted, isFree = (seat) => seat.state === "AVAILABLE") {
    const around = wanted.map((id) => this.seat(id)).filter(Boolean);
    if (around.length === 0) return null;
    const row = around.reduce((sum, seat) => sum + seat.row, 0) / around.length;
    const col = around.reduce((sum, seat) => sum + seat.col, 0) / around.length;
    const distance = (seat) => Math.abs(seat.row - row) * 2 + Math.abs(seat.col - col);
    const free = [...this.seats.values()].filter(isFree);
    if (free.length < wanted.length) return null;
    let best = null;
    for (const first of free) {
      const block = [first];
      while (block.length < wanted.length) {
        const next = this.at(first.row, first.col + block.length);
        if (!next || !isFree(next)) break;
        block.push(next);
      }
      if (block.length < wanted.length) continue;
      const far = block.reduce((sum, seat) => sum + distance(seat), 0);
      if (best === null || far < best.far) best = { far, block };
    }
    const chosen = best?.block ?? free.sort((a, b) => distance(a) - distance(b)).slice(0, wanted.length);
    return this.sorted(chosen.map((seat) => seat.id));
  }
}
