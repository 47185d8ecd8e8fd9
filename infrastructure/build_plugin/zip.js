'use strict';

/**
 * A ZIP writer whose output depends on names and contents only: every entry has the same time, mode and platform, and
 * the caller's order. (Archivers write modification times, so the same source would give another hash on each checkout.)
 * Format: PKWARE APPNOTE 6.3.9, sections 4.3.7 (local header) and 4.3.12 (central directory); no ZIP64, so at most 65,535
 * entries and 4 GB, far above what Lambda takes (250 MB).
 */

const zlib = require('zlib');

const DOS_TIME = 0; // 00:00:00
const DOS_DATE = (1 << 5) | 1; // 1980-01-01, the first day the format knows
const DEFLATE = 8;
const UTF8_NAMES = 0x0800;
const VERSION_NEEDED = 20;
const MADE_BY_UNIX = (3 << 8) | VERSION_NEEDED;
const REGULAR_FILE_0644 = (0o100644 << 16) >>> 0;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(data) {
  if (zlib.crc32) return zlib.crc32(data);
  let crc = 0xffffffff;
  for (let index = 0; index < data.length; index += 1) crc = CRC_TABLE[(crc ^ data[index]) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** One compressed file: {name, crc, size, body}. Compress once, write into as many archives as needed. */
function entry(name, content) {
  return { name, crc: crc32(content), size: content.length, body: zlib.deflateRawSync(content, { level: 9 }) };
}

/** The fields that the local header and the central directory share, from "version needed" to "extra length". */
function sharedFields({ name, crc, size, body }) {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION_NEEDED, 0);
  fields.writeUInt16LE(UTF8_NAMES, 2);
  fields.writeUInt16LE(DEFLATE, 4);
  fields.writeUInt16LE(DOS_TIME, 6);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(body.length, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}

function centralRecord(item, offset) {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(MADE_BY_UNIX, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(REGULAR_FILE_0644, 6);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([head, sharedFields(item), tail, Buffer.from(item.name)]);
}

const LOCAL_SIGNATURE = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

/** The archive of these entries, in this order, as one buffer. */
function archive(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const item of entries) {
    const name = Buffer.from(item.name);
    directory.push(centralRecord(item, offset));
    parts.push(LOCAL_SIGNATURE, sharedFields(item), name, item.body);
    offset += LOCAL_SIGNATURE.length + 26 + name.length + item.body.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

module.exports = { archive, entry };
