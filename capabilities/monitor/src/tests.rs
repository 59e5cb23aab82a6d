//! The board through its doors.
