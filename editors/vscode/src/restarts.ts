/** How often a server that dies is started again. Pure. */

export class RestartLimit {
  private readonly most: number;
  private readonly window: number;
  private times: number[] = [];

  /** At most `most` restarts within `window` milliseconds. */
  constructor(most: number, window: number) {
    this.most = most;
    this.window = window;
  }

  /** Counts a restart at `now` (milliseconds); false when there have been too many. */
  allows(now: number): boolean {
    this.times = this.times.filter((time) => now - time < this.window);
    if (this.times.length >= this.most) {
      return false;
    }
    this.times.push(now);
    return true;
  }

  /** Forget what was: the user has asked for a restart. */
  reset(): void {
    this.times = [];
  }
}
