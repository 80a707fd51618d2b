import type { MemberNames } from './member-names.ts';
import type { Member } from './row-members.ts';

/** The problems with unknown members that look like a credential or a scheme, once per name and file. */
export function unreadNotes(unread: readonly Member[], names: MemberNames): string[] {
  return unread
    .filter(({ given }) => names.markReported(given))
    .map(
      ({ role }) =>
        `${role.name === '' ? 'a member' : role.name} looks like a credential or a scheme, but is not read, here and in later rows: if it is one, rename it to username, password or protocol`,
    );
}
