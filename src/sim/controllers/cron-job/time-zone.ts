import { civilFromSeconds, daysFromCivil } from '../../api/timestamps.ts';

/** Zones that keep one offset all year, in minutes from UTC. */
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

/** When clocks change: the moment of a year's change, in seconds since 1970. */
type Change = (year: number) => number;

/** A zone with summer time: minutes from UTC in winter, and when an hour is put in and taken out. */
interface Rule {
  readonly winter: number;
  readonly begins: Change;
  readonly ends: Change;
}

const HOUR = 3600;

/** The nth (from 1; 0: the last) Sunday of a month, at an hour of UTC. */
function sunday(month: number, nth: number, utcHour: number): Change {
  return (year) => {
    const first = daysFromCivil(year, month, 1);
    // 1 January 1970 was a Thursday.
    const toSunday = (7 - ((first + 4) % 7)) % 7;
    const length = daysFromCivil(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - first;
    const day = nth === 0 ? toSunday + 7 * Math.floor((length - 1 - toSunday) / 7) : toSunday + 7 * (nth - 1);
    return (first + day) * 86_400 + utcHour * HOUR;
  };
}

/** European Union: at 1:00 UTC on the last Sundays of March and October. */
const european = (winter: number): Rule => ({ winter, begins: sunday(3, 0, 1), ends: sunday(10, 0, 1) });

/** United States and Canada: at 2:00 of the local clock on the second Sunday of March and the first of November. */
const american = (winter: number): Rule => ({
  winter,
  begins: sunday(3, 2, 2 - winter / 60),
  ends: sunday(11, 1, 1 - winter / 60),
});

/** South-east Australia: at 2:00 standard time on the first Sundays of October and April. */
const australian: Rule = { winter: 600, begins: sunday(10, 1, -8), ends: sunday(4, 1, -8) };

/** Zones with summer time, by the rules that hold since 2008. */
const SUMMER: Readonly<Record<string, Rule>> = {
  'America/Anchorage': american(-540),
  'America/Chicago': american(-360),
  'America/Denver': american(-420),
  'America/Halifax': american(-240),
  'America/Los_Angeles': american(-480),
  'America/New_York': american(-300),
  'America/Toronto': american(-300),
  'America/Vancouver': american(-480),
  'Australia/Melbourne': australian,
  'Australia/Sydney': australian,
  'Europe/Amsterdam': european(60),
  'Europe/Athens': european(120),
  'Europe/Berlin': european(60),
  'Europe/Brussels': european(60),
  'Europe/Bucharest': european(120),
  'Europe/Budapest': european(60),
  'Europe/Copenhagen': european(60),
  'Europe/Dublin': european(0),
  'Europe/Helsinki': european(120),
  'Europe/Kyiv': european(120),
  'Europe/Lisbon': european(0),
  'Europe/London': european(0),
  'Europe/Madrid': european(60),
  'Europe/Oslo': european(60),
  'Europe/Paris': european(60),
  'Europe/Prague': european(60),
  'Europe/Rome': european(60),
  'Europe/Stockholm': european(60),
  'Europe/Vienna': european(60),
  'Europe/Warsaw': european(60),
  'Europe/Zurich': european(60),
  'Pacific/Auckland': { winter: 720, begins: sunday(9, 0, -10), ends: sunday(4, 1, -10) },
};

/** What may stand in a CronJob's `timeZone` here, for messages. */
export const SUPPORTED_TIME_ZONES =
  'UTC, Etc/GMT-14 to Etc/GMT+12, and the zones of larger cities such as Europe/Berlin, America/New_York or Asia/Tokyo';

/** A zone's distance from UTC in seconds, at a time in seconds since 1970. */
export type TimeZone = (seconds: number) => number;

/** The zone of that name, or undefined where it is not supported (see SUPPORTED_TIME_ZONES). */
export function timeZone(name: string | undefined): TimeZone | undefined {
  if (name === undefined || name === '') return () => 0;
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
  if (fixed !== undefined) return () => fixed * 60;
  const rule = Object.hasOwn(SUMMER, name) ? SUMMER[name] : undefined;
  if (rule !== undefined) return (seconds) => offsetBy(rule, seconds);
  // POSIX signs: Etc/GMT+5 is five hours behind.
  const match = /^Etc\/GMT([+-])(\d{1,2})$/.exec(name);
  if (match === null) return undefined;
  const hours = Number(match[2]) * (match[1] === '+' ? -1 : 1);
  return hours >= -12 && hours <= 14 ? () => hours * HOUR : undefined;
}

function offsetBy({ winter, begins, ends }: Rule, seconds: number): number {
  const { year } = civilFromSeconds(seconds + winter * 60);
  const [from, to] = [begins(year), ends(year)];
  // South of the equator the summer lies over the turn of the year.
  const summer = from < to ? seconds >= from && seconds < to : seconds >= from || seconds < to;
  return winter * 60 + (summer ? HOUR : 0);
}
