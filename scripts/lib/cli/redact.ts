/** Text without the passwords that addresses may hold. */
export function redact(text: string): string {
  return text
    .replace(/(:\/\/[^\s:/@]*:)[^\s@]*@/g, "$1***@")
    .replace(/([?&](?:password|sslpassword|token)=)[^&\s]+/gi, "$1***");
}
