-- Processes that are rare among the cases and have lists of their own.
CREATE INDEX cases_aftercheck ON cases (opened_at, case_id) WHERE kind = 'aftercheck';
