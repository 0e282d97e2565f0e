/** Words on the command line that a command cannot use; the message says which and why. */
export class UsageError extends Error {}
