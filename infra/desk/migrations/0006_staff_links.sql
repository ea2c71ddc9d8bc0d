-- Administrators say on the console as which clinician somebody works; each link is in the audit trail.
GRANT INSERT, UPDATE, DELETE ON staff TO desk_app;
