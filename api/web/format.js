// Turns the shop's facts into words: money, times, names and attributes in the reader's language.

import { getLanguage, t } from "./strings.js";

const digitsOf = (codes, digits) => Object.fromEntries(codes.split(" ").map((code) => [code, digits]));
const MINOR_DIGITS = {
  ...digitsOf("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0),
  ...digitsOf("BHD IQD JOD KWD LYD OMR TND", 3),
};
const SYMBOLS = { USD: "$", EUR: "€", GBP: "£", CNY: "¥", JPY: "¥" };
const HUES = 12;

export function money({ amount, currency }) {
  const digits = MINOR_DIGITS[currency] ?? 2;
  const figures = String(Math.abs(amount)).padStart(digits + 1, "0");
  const whole = figures.slice(0, figures.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const number = digits ? `${whole}.${figures.slice(-digits)}` : whole;
  const sign = amount < 0 ? "−" : "";
  return SYMBOLS[currency] ? `${sign}${SYMBOLS[currency]}${number}` : `${sign}${number} ${currency}`;
}

const locale = () => (getLanguage() === "zh" ? "zh-CN" : "en-GB");

export function when(text) {
  const at = new Date(text);
  const day = at.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return at.toLocaleString(locale(), { ...day, hour: "2-digit", minute: "2-digit" });
}

export function timeLeft(until) {
  const seconds = Math.max(0, Math.ceil((new Date(until) - Date.now()) / 1000));
  if (seconds >= 7200) return t("hours", { n: Math.floor(seconds / 3600) });
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const nameOf = (thing) => thing.names?.[getLanguage()] || thing.name;

export const descriptionOf = (product) => product.descriptions?.[getLanguage()] || product.description;

export const attributesOf = (thing) => Object.values(thing.labels?.[getLanguage()] ?? thing.attributes).join(" · ");

export function addressLine(address) {
  const { line1, line2, city, region, postal_code: code, country } = address;
  return [line1, line2, city, [region, code].filter(Boolean).join(" "), country].filter(Boolean).join(", ");
}

export function initials(name) {
  const words = name.trim().split(/[\s-]+/).filter(Boolean);
  if (/\p{Script=Han}/u.test(name)) return [...name.trim()][0];
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}

export function hueOf(slug) {
  let sum = 0;
  for (const letter of slug) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return `hue-${sum % HUES}`;
}
