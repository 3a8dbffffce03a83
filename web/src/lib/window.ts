/** Which rows of a long table are drawn: those in sight and a few beyond. All rows are equally high; a library that
 * also measures unequal ones is larger than this whole table. */
export interface Window {
  first: number;
  /** One past the last. */
  end: number;
}

const beyond = 5;

export function windowOf(count: number, rowHeight: number, scrolled: number, height: number): Window {
  const first = Math.max(0, Math.min(Math.floor(scrolled / rowHeight) - beyond, count - 1));
  const end = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + beyond);
  return { first, end: Math.max(end, Math.min(first + 1, count)) };
}
