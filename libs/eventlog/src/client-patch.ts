import { Match, MsgHdrsImpl, RequestError, RequestOne } from '@nats-io/nats-core/internal';

/** As the client checks a name: printable ASCII without a colon (RFC 822). */
const NAME = /^[!-9;-~]*$/;
/** Replaces an error with a stack of its own for each request; nobody sees it, because the request has ended. */
const ENDED = new RequestError('cancelled');

const headers = MsgHdrsImpl.prototype;
const request = RequestOne.prototype;
/* oxlint-disable typescript/unbound-method -- called with the caller's own `this` */
const { findKeys, append } = headers;
const { cancel } = request;
/* oxlint-enable typescript/unbound-method */

/**
 * Three methods of @nats-io/nats-core 3.4.0 that take a third of reading an event and of a request: an exact name is
 * found by a copy of all names, each header gets a MIME spelling that only another match needs, each request that
 * succeeded ends with a new error (nats.deno#613, #614). The spec fails once a newer client needs none of them.
 */
headers.findKeys = function (name, match = Match.Exact) {
  if (match !== Match.Exact) return findKeys.call(this, name, match);
  return this.headers.has(name) ? [name] : [];
};

headers.append = function (name, text, match = Match.Exact) {
  if (match !== Match.Exact || !NAME.test(name)) return append.call(this, name, text, match);
  const value = MsgHdrsImpl.validHeaderValue(text);
  const values = this.headers.get(name);
  if (values) values.push(value);
  else this.headers.set(name, [value]);
};

request.cancel = function (error = ENDED) {
  cancel.call(this, error);
};
