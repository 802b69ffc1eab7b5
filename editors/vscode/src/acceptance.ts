/**
 * What becomes of ghost text. VS Code runs an item's command when all of it is accepted; that it was shown, and that
 * a word or a line of it was accepted, no stable API tells, so both are seen from outside: the editor asked and did
 * not cancel; the document received, at the place of the ghost text, more than one character of it at once.
 */

/** An inline completion that was handed to the editor. */
export interface Offer {
  readonly id: number;
  /** The document. */
  readonly uri: string;
  /** Where it begins, in UTF-16 units from the start of the document. */
  readonly offset: number;
  readonly text: string;
}

export interface Change {
  readonly uri: string;
  readonly offset: number;
  readonly removed: number;
  readonly text: string;
}

export class Acceptance {
  private offer: Offer | undefined;
  private accepted = 0;

  /** The editor has been given `offer`. */
  offered(offer: Offer): void {
    if (offer.id !== this.offer?.id) {
      this.accepted = 0;
    }
    this.offer = offer;
  }

  /** What the editor has been given since cannot be accepted in parts. */
  withdrawn(): void {
    this.offer = undefined;
  }

  /** How much of which offer has been accepted after `change`, when the change was a partial accept. */
  changed(change: Change): { readonly id: number; readonly acceptedLength: number } | undefined {
    const offer = this.offer;
    if (offer === undefined || change.uri !== offer.uri) {
      return undefined;
    }
    const rest = offer.text.slice(this.accepted);
    const fits = change.removed === 0 && change.text !== "" && change.offset === offer.offset + this.accepted;
    if (!fits || !rest.startsWith(change.text) || change.text.length === rest.length) {
      this.offer = undefined; // typed otherwise, or accepted as a whole
      return undefined;
    }
    this.accepted += change.text.length;
    return change.text.length > 1 ? { id: offer.id, acceptedLength: this.accepted } : undefined;
  }
}

/** The id in the command of an inline item, `{command, arguments: [{id}]}`. */
export function idOf(command: { readonly arguments?: readonly unknown[] } | undefined): number | undefined {
  const argument = command?.arguments?.[0];
  if (typeof argument === "object" && argument !== null && "id" in argument) {
    return typeof argument.id === "number" ? argument.id : undefined;
  }
  return undefined;
}
