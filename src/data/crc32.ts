/** The checksum of zip archives (CRC-32 of ISO 3309). Node has its own only from 20.15 on, and any Node 20 is supported. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** @param sum checksum of the preceding bytes */
export function crc32(bytes: Uint8Array, sum = 0): number {
  let crc = ~sum;
  for (let k = 0; k < bytes.length; k++) crc = TABLE[(crc ^ bytes[k]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
