/** Zones that keep one offset all year, in minutes from UTC. Zones with summer time are not known here. */
const FIXED: Readonly<Record<string, number>> = {
  UTC: 0,
  'Etc/UTC': 0,
  'Etc/Universal': 0,
  'Etc/Zulu': 0,
  GMT: 0,
  'Etc/GMT': 0,
  'Africa/Johannesburg': 120,
  'Africa/Lagos': 60,
  'Africa/Nairobi': 180,
  'America/Argentina/Buenos_Aires': -180,
  'America/Bogota': -300,
  'America/Lima': -300,
  'America/Phoenix': -420,
  'America/Sao_Paulo': -180,
  'Asia/Bangkok': 420,
  'Asia/Dhaka': 360,
  'Asia/Dubai': 240,
  'Asia/Ho_Chi_Minh': 420,
  'Asia/Hong_Kong': 480,
  'Asia/Jakarta': 420,
  'Asia/Karachi': 300,
  'Asia/Kathmandu': 345,
  'Asia/Kolkata': 330,
  'Asia/Manila': 480,
  'Asia/Riyadh': 180,
  'Asia/Seoul': 540,
  'Asia/Shanghai': 480,
  'Asia/Singapore': 480,
  'Asia/Taipei': 480,
  'Asia/Tokyo': 540,
  'Australia/Brisbane': 600,
  'Australia/Perth': 480,
  'Europe/Istanbul': 180,
  'Europe/Moscow': 180,
  'Pacific/Honolulu': -600,
};

/** What may stand in a CronJob's `timeZone` here, for messages. */
export const SUPPORTED_TIME_ZONES =
  'UTC, Etc/GMT-14 to Etc/GMT+12, and zones without summer time such as Asia/Tokyo or America/Phoenix';

/** A zone's distance from UTC in seconds, or undefined where it is not supported (see SUPPORTED_TIME_ZONES). */
export function timeZoneOffset(name: string | undefined): number | undefined {
  if (name === undefined || name === '') return 0;
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
  if (fixed !== undefined) return fixed * 60;
  // POSIX signs: Etc/GMT+5 is five hours behind.
  const match = /^Etc\/GMT([+-])(\d{1,2})$/.exec(name);
  if (match === null) return undefined;
  const hours = Number(match[2]) * (match[1] === '+' ? -1 : 1);
  return hours >= -12 && hours <= 14 ? hours * 3600 : undefined;
}
