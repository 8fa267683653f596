const PHONES = 'iPhone|iPad|iOS|Android|Samsung|Galaxy|Huawei|Xiaomi|BlackBerry';
/** The names are the same in each language, and follow other letters at once in Chinese and Korean. */
const line = (names: string): RegExp =>
  new RegExp(`^[^.!?。]{0,50}(?<![a-z])(?:${names})(?![a-z])[^.!?]{0,40}\\.?$`, 'iu');
const OF_DEVICE = line(`${PHONES}|Outlook|Gmail|Yahoo|Proton`);
const OF_PHONE = line(PHONES);
const LINES_MAX = 3;

/** "Sent from my iPhone", "Von meinem iPad gesendet", "Get Outlook for iOS". */
export const isOfDevice = (line: string): boolean => OF_DEVICE.test(line);

/** Whether a text ends with the line of a phone, which writes it into what a person sends. */
export const isFromPhone = (text: string): boolean =>
  text
    .trimEnd()
    .split('\n')
    .slice(-LINES_MAX)
    .some((line) => OF_PHONE.test(line.trim()));
