// The city whose time stands still, for whatever must look the same every day. Imported before anything else.

process.env.TONGBAN_URL = process.env.TONGBAN_STILL_URL ?? "http://127.0.0.1:8081";

// The instant it stands at, as e2e/run starts it.
export const STILL = "2026-05-11T10:20:00+08:00";
process.env.TONGBAN_AT = STILL;
