import type { MemberNames } from './member-names.ts';
import type { Member } from './row-members.ts';

/** What to say of members that are not read and look as if they should be. Once for each name: it is the file that has such a member. */
export function unreadNotes(unread: readonly Member[], names: MemberNames): string[] {
  return unread
    .filter(({ given }) => names.markReported(given))
    .map(
      ({ role }) =>
        `${role.name === '' ? 'a member' : role.name} looks like a credential or a scheme, but is not read, here and in later rows: if it is one, rename it to username, password or protocol`,
    );
}
