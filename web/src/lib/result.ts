/** What went wrong, and what to do next. Errors are values here, as in the program. */
export interface Problem {
  what: string;
  next: string;
}

export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failure<T>(what: string, next: string): Result<T> {
  return { ok: false, problem: { what, next } };
}
