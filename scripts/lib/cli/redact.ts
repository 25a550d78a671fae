/** Text without the passwords that addresses may hold. */
export function redact(text: string): string {
  return text
    // A password may hold an "@" that should have been encoded.
    .replace(/(:\/\/[^\s:/@]*:)[^\s@]*@(?:[^\s/@]*@)*/g, "$1***@")
    .replace(/([?&](?:password|sslpassword|token)=)[^&\s]+/gi, "$1***");
}
