-- The tables of OpenEMR 8 that the adapter reads: names, types and defaults as its database declares them, no more
-- columns than these tests use.

CREATE TABLE list_options (
  list_id varchar(100) NOT NULL,
  option_id varchar(100) NOT NULL,
  title varchar(255) NOT NULL DEFAULT '',
  seq int(11) NOT NULL DEFAULT 0,
  is_default tinyint(1) NOT NULL DEFAULT 0,
  option_value float NOT NULL DEFAULT 0,
  mapping varchar(31) NOT NULL DEFAULT '',
  notes text,
  codes varchar(255) NOT NULL DEFAULT '',
  toggle_setting_1 tinyint(1) NOT NULL DEFAULT 0,
  toggle_setting_2 tinyint(1) NOT NULL DEFAULT 0,
  activity tinyint(4) NOT NULL DEFAULT 1,
  subtype varchar(31) NOT NULL DEFAULT '',
  PRIMARY KEY (list_id, option_id)
) ENGINE=InnoDB;

CREATE TABLE facility (
  id int(11) NOT NULL AUTO_INCREMENT,
  name varchar(255),
  street varchar(255),
  city varchar(255),
  state varchar(50),
  postal_code varchar(11),
  federal_ein varchar(15),
  facility_npi varchar(15),
  facility_taxonomy varchar(15),
  pos_code tinyint(4),
  primary_business_entity int(10) NOT NULL DEFAULT 1,
  inactive tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE globals (
  gl_name varchar(63) NOT NULL,
  gl_index int(11) NOT NULL DEFAULT 0,
  gl_value varchar(255) NOT NULL DEFAULT '',
  PRIMARY KEY (gl_name, gl_index)
) ENGINE=InnoDB;

CREATE TABLE users (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  uuid binary(16),
  username varchar(255),
  password longtext,
  authorized tinyint(4),
  fname varchar(255),
  mname varchar(255),
  lname varchar(255),
  suffix varchar(255),
  npi varchar(15),
  taxonomy varchar(30) NOT NULL DEFAULT '207Q00000X',
  state_license_number varchar(25),
  supervisor_id int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE patient_data (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  uuid binary(16),
  title varchar(255) NOT NULL DEFAULT '',
  language varchar(255) NOT NULL DEFAULT '',
  fname varchar(255) NOT NULL DEFAULT '',
  lname varchar(255) NOT NULL DEFAULT '',
  mname varchar(255) NOT NULL DEFAULT '',
  suffix tinytext,
  preferred_name tinytext,
  DOB date,
  street varchar(255) NOT NULL DEFAULT '',
  postal_code varchar(255) NOT NULL DEFAULT '',
  city varchar(255) NOT NULL DEFAULT '',
  state varchar(255) NOT NULL DEFAULT '',
  drivers_license varchar(255) NOT NULL DEFAULT '',
  ss varchar(255) NOT NULL DEFAULT '',
  phone_home varchar(255) NOT NULL DEFAULT '',
  hipaa_notice varchar(3) NOT NULL DEFAULT '',
  pid bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (pid),
  UNIQUE KEY id (id)
) ENGINE=InnoDB;

CREATE TABLE insurance_data (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  uuid binary(16),
  type enum('primary','secondary','tertiary'),
  provider varchar(255),
  plan_name varchar(255),
  policy_number varchar(255),
  subscriber_lname varchar(255),
  subscriber_mname varchar(255),
  subscriber_fname varchar(255),
  subscriber_relationship varchar(255),
  subscriber_ss varchar(255),
  subscriber_DOB date,
  copay varchar(255),
  date date,
  pid bigint(20) NOT NULL DEFAULT 0,
  accept_assignment varchar(5) NOT NULL DEFAULT 'TRUE',
  date_end date,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE therapy_groups (
  group_id int(11) NOT NULL AUTO_INCREMENT,
  group_name varchar(255) NOT NULL,
  group_start_date date NOT NULL,
  group_end_date date,
  group_type tinyint(4) NOT NULL,
  group_participation tinyint(4) NOT NULL DEFAULT 1,
  group_status int(11) NOT NULL DEFAULT 10,
  group_notes text,
  group_guest_counselors varchar(255),
  PRIMARY KEY (group_id)
) ENGINE=InnoDB;

CREATE TABLE therapy_groups_participants (
  group_id int(11) NOT NULL,
  pid bigint(20) NOT NULL,
  group_patient_status int(11) NOT NULL,
  group_patient_start date NOT NULL,
  group_patient_end date,
  group_patient_comment text,
  PRIMARY KEY (group_id, pid)
) ENGINE=InnoDB;

CREATE TABLE therapy_groups_counselors (
  group_id int(11) NOT NULL,
  user_id int(11) NOT NULL,
  PRIMARY KEY (group_id, user_id)
) ENGINE=InnoDB;

CREATE TABLE openemr_postcalendar_events (
  pc_eid int(11) unsigned NOT NULL AUTO_INCREMENT,
  pc_catid int(11) NOT NULL DEFAULT 0,
  pc_multiple int(10) unsigned NOT NULL DEFAULT 0,
  pc_aid varchar(30),
  pc_pid varchar(11),
  pc_gid int(11) DEFAULT 0,
  pc_title varchar(150),
  pc_eventDate date NOT NULL DEFAULT '0000-00-00',
  pc_endDate date NOT NULL DEFAULT '0000-00-00',
  pc_duration bigint(20) NOT NULL DEFAULT 0,
  pc_recurrtype int(1) NOT NULL DEFAULT 0,
  pc_recurrspec text,
  pc_startTime time,
  pc_endTime time,
  pc_alldayevent int(1) NOT NULL DEFAULT 0,
  pc_apptstatus varchar(15) NOT NULL DEFAULT '-',
  pc_facility int(11) NOT NULL DEFAULT 0,
  pc_room varchar(20) NOT NULL DEFAULT '',
  uuid binary(16),
  PRIMARY KEY (pc_eid)
) ENGINE=InnoDB;

CREATE TABLE openemr_postcalendar_categories (
  pc_catid int(11) unsigned NOT NULL AUTO_INCREMENT,
  pc_constant_id varchar(255),
  pc_catname varchar(100),
  pc_cattype int(11) NOT NULL DEFAULT 0,
  pc_active tinyint(1) NOT NULL DEFAULT 1,
  PRIMARY KEY (pc_catid)
) ENGINE=InnoDB;

CREATE TABLE form_groups_encounter (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  reason longtext,
  facility_id int(11) NOT NULL DEFAULT 0,
  group_id bigint(20),
  encounter bigint(20),
  pc_catid int(11) NOT NULL DEFAULT 5,
  provider_id int(11) DEFAULT 0,
  counselors varchar(255),
  appt_id int(11),
  pos_code tinyint(4),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE form_group_attendance (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date date,
  group_id int(11),
  user varchar(255),
  groupname varchar(255),
  authorized tinyint(4),
  encounter_id int(11),
  activity tinyint(4),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE therapy_groups_participant_attendance (
  form_id int(11) NOT NULL,
  pid bigint(20) NOT NULL,
  meeting_patient_comment text,
  meeting_patient_status varchar(15) NOT NULL,
  PRIMARY KEY (form_id, pid)
) ENGINE=InnoDB;

CREATE TABLE form_encounter (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  uuid binary(16),
  date datetime,
  reason longtext,
  facility_id int(11) NOT NULL DEFAULT 0,
  pid bigint(20),
  encounter bigint(20),
  pc_catid int(11) NOT NULL DEFAULT 5,
  provider_id int(11) DEFAULT 0,
  supervisor_id int(11) DEFAULT 0,
  external_id varchar(20),
  pos_code tinyint(4),
  date_end datetime,
  last_update timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE patient_tracker (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  apptdate date,
  appttime time,
  eid bigint(20) NOT NULL DEFAULT 0,
  pid bigint(20) NOT NULL DEFAULT 0,
  original_user varchar(255) NOT NULL DEFAULT '',
  encounter bigint(20) NOT NULL DEFAULT 0,
  lastseq varchar(4) NOT NULL DEFAULT '',
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE patient_tracker_element (
  pt_tracker_id bigint(20) NOT NULL DEFAULT 0,
  start_datetime datetime,
  room varchar(20) NOT NULL DEFAULT '',
  status varchar(31) NOT NULL DEFAULT '',
  seq varchar(4) NOT NULL DEFAULT '',
  user varchar(255) NOT NULL DEFAULT '',
  KEY pt_tracker_id (pt_tracker_id, seq)
) ENGINE=InnoDB;

CREATE TABLE forms (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  encounter bigint(20),
  form_name longtext,
  form_id bigint(20),
  pid bigint(20),
  user varchar(255),
  groupname varchar(255),
  authorized tinyint(4),
  deleted tinyint(4) NOT NULL DEFAULT 0,
  formdir longtext,
  therapy_group_id int(11),
  provider_id bigint(20),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE form_soap (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  pid bigint(20) DEFAULT 0,
  user varchar(255),
  groupname varchar(255),
  authorized tinyint(4) DEFAULT 0,
  activity tinyint(4) DEFAULT 0,
  subjective text,
  objective text,
  assessment text,
  plan text,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE form_clinical_notes (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  form_id bigint(20) NOT NULL,
  date date,
  pid bigint(20),
  encounter varchar(255),
  user varchar(255),
  activity tinyint(4),
  codetext text,
  description text,
  external_id varchar(30),
  clinical_notes_type varchar(100),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE form_dictation (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  pid bigint(20),
  user varchar(255),
  activity tinyint(4),
  dictation longtext,
  additional_notes longtext,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE esign_signatures (
  id int(11) NOT NULL AUTO_INCREMENT,
  tid int(11) NOT NULL,
  `table` varchar(255) NOT NULL,
  uid int(11) NOT NULL,
  datetime datetime NOT NULL,
  is_lock tinyint(1) NOT NULL DEFAULT 0,
  amendment text,
  hash varchar(255) NOT NULL DEFAULT '',
  signature_hash varchar(255) NOT NULL DEFAULT '',
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE billing (
  id int(11) NOT NULL AUTO_INCREMENT,
  date datetime,
  code_type varchar(15),
  code varchar(20),
  pid bigint(20),
  provider_id int(11),
  user int(11),
  encounter int(11),
  billed tinyint(1),
  activity tinyint(1),
  payer_id int(11),
  bill_process tinyint(2) NOT NULL DEFAULT 0,
  bill_date datetime,
  modifier varchar(12),
  units int(11),
  fee decimal(12,2),
  justify varchar(255),
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE form_misc_billing_options (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  date datetime,
  pid bigint(20),
  activity tinyint(4),
  prior_auth_number varchar(20),
  replacement_claim tinyint(1) DEFAULT 0,
  icn_resubmission_number varchar(35),
  encounter bigint(20),
  PRIMARY KEY (id),
  UNIQUE KEY encounter (encounter)
) ENGINE=InnoDB;

CREATE TABLE contact (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  foreign_table_name varchar(255) NOT NULL DEFAULT '',
  foreign_id bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE contact_relation (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  contact_id bigint(20) NOT NULL,
  target_table varchar(255) NOT NULL DEFAULT '',
  target_id bigint(20) NOT NULL,
  active tinyint(1) DEFAULT 1,
  relationship varchar(63),
  can_make_medical_decisions tinyint(1) DEFAULT 0,
  start_date datetime,
  end_date datetime,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

CREATE TABLE person (
  id bigint(20) NOT NULL AUTO_INCREMENT,
  uuid binary(16),
  first_name varchar(63),
  last_name varchar(63),
  preferred_name varchar(63),
  birth_date date,
  ssn varchar(31),
  PRIMARY KEY (id)
) ENGINE=InnoDB;
