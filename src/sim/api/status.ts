/** The `Status` an API server answers with when it refuses; reasons and codes are metav1's own. */
export type StatusReason =
  | 'BadRequest'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Expired'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServiceUnavailable'
  | 'MethodNotAllowed'
  | 'UnsupportedMediaType'
  | 'InternalError'
  /** None: an error of something behind the server, passed on as it is. */
  | '';

const CODES: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  '': 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** A refused request, in the shape of `kind: Status`. */
export interface ApiStatus {
  readonly apiVersion: 'v1';
  readonly kind: 'Status';
  readonly status: 'Failure';
  readonly code: number;
  readonly reason: StatusReason;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** For an expired list: where to go on. */
  readonly metadata?: { readonly continue?: string };
}

/** Makes a failure Status with the code that belongs to the reason. */
export function failure(reason: StatusReason, message: string, details?: Readonly<Record<string, unknown>>): ApiStatus {
  const base = { apiVersion: 'v1', kind: 'Status', status: 'Failure', code: CODES[reason], reason, message } as const;
  return details === undefined ? base : { ...base, details };
}
