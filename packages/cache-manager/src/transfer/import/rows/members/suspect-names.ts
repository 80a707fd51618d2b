const ENGLISH =
  /passw|passphrase|passcode|^pass\d*$|(?<!by)pass$|pwd|secret|token|^auth$|auth(?:$|data|info|string|key|header|orization)|^(?:proxy)?account(?:name|id)?$|credential|login|username|user\d*$|protocol|scheme|socks|proxytype/;
const HARMLESS = /dns|remote|support|(?<!ac)count|last|lastuser|tokenized/;
/** The words for user, password, protocol and type in spreadsheets of other languages. */
const OTHER_LANGUAGES =
  /benutzer|nutzername|kennwort|utilisateur|identifiant|motdepasse|usu[aá]rio|contrase|utente|senha|gebruiker|wachtwoord|użytkownik|hasło|kullan[iı]c[iı]|şifre|parola|логин|пользовател|пароль|用户|账号|密码|用戶|密碼|ユーザー|パスワード|protokol|протокол|^typ$|^tipo$|^тип|类型|协议|類型|協議/;

/**
 * True for a name outside the table of names that looks like a credential or a scheme: without that member, the row
 * would be a different proxy. Takes the name in lower case, without spaces, hyphens and underscores.
 */
export function isSuspectName(normalName: string): boolean {
  const name = normalName.normalize('NFC');
  return OTHER_LANGUAGES.test(name) || (ENGLISH.test(name) && !HARMLESS.test(name));
}
