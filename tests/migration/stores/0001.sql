BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE alias (
	id INTEGER NOT NULL,
	type_id BIGINT NOT NULL,
	family VARCHAR(512) NOT NULL,
	alias VARCHAR(512) NOT NULL,
	artifact_id BIGINT NOT NULL,
	time BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "alias" VALUES(1,7,'delay','production',3,1700000003000000,3);
INSERT INTO "alias" VALUES(2,7,'delay','best',3,1700000006000000,6);
CREATE TABLE artifact (
	id INTEGER NOT NULL,
	type_id BIGINT NOT NULL,
	name VARCHAR(512),
	uri TEXT,
	fingerprint VARCHAR(512),
	state SMALLINT NOT NULL,
	external_id VARCHAR(512),
	properties TEXT NOT NULL,
	custom_properties TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_artifact_external_id UNIQUE (external_id),
	CONSTRAINT uq_artifact_name UNIQUE (type_id, name)
);
INSERT INTO "artifact" VALUES(1,1,'own@1',NULL,NULL,0,NULL,'{}','{}',1700000002000000,1700000004000000,4);
INSERT INTO "artifact" VALUES(2,6,'flights@1','file:///flights.csv',NULL,0,'raw','{}','{}',1700000003000000,1700000003000000,3);
INSERT INTO "artifact" VALUES(3,7,'delay@v1',NULL,'sha256:1',0,NULL,'{}','{"boolean":true,"double":0.3333333333333333,"int":-9223372036854775808,"proto":{"$proto":["type.example/T","AP8="]},"string":"é ☃ \"\n","struct":{"$struct":{"$$double":[{"$double":"nan"},{"$bytes":"/w=="},null]}}}',1700000003000000,1700000003000000,3);
CREATE TABLE association (
	id INTEGER NOT NULL,
	execution_id BIGINT NOT NULL,
	context_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_association UNIQUE (context_id, execution_id)
);
INSERT INTO "association" VALUES(1,1,1,3);
INSERT INTO "association" VALUES(2,1,2,3);
CREATE TABLE attribution (
	id INTEGER NOT NULL,
	artifact_id BIGINT NOT NULL,
	context_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_attribution UNIQUE (context_id, artifact_id)
);
INSERT INTO "attribution" VALUES(1,2,1,3);
INSERT INTO "attribution" VALUES(2,3,1,3);
INSERT INTO "attribution" VALUES(3,2,2,3);
INSERT INTO "attribution" VALUES(4,3,2,3);
CREATE TABLE context (
	id INTEGER NOT NULL,
	type_id BIGINT NOT NULL,
	name VARCHAR(512) NOT NULL,
	external_id VARCHAR(512),
	properties TEXT NOT NULL,
	custom_properties TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_context_external_id UNIQUE (external_id),
	CONSTRAINT uq_context_name UNIQUE (type_id, name)
);
INSERT INTO "context" VALUES(1,3,'e',NULL,'{}','{}',1700000003000000,1700000003000000,3);
INSERT INTO "context" VALUES(2,4,'p',NULL,'{}','{}',1700000003000000,1700000003000000,3);
CREATE TABLE decision (
	id INTEGER NOT NULL,
	action VARCHAR(512) NOT NULL,
	artifact_id BIGINT NOT NULL,
	fingerprint VARCHAR(512),
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	details TEXT NOT NULL,
	execution_id BIGINT,
	time BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "decision" VALUES(1,'approve',3,'sha256:1','bob','good','{"n":1.5}',NULL,1700000007000000,7);
CREATE TABLE event (
	id INTEGER NOT NULL,
	artifact_id BIGINT NOT NULL,
	execution_id BIGINT NOT NULL,
	type SMALLINT NOT NULL,
	path TEXT NOT NULL,
	time BIGINT NOT NULL,
	how SMALLINT NOT NULL,
	reproduces SMALLINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_event_artifact UNIQUE (artifact_id, type, execution_id),
	CONSTRAINT uq_event_execution UNIQUE (execution_id, type, artifact_id)
);
INSERT INTO "event" VALUES(1,2,1,3,'["data",0]',1700000003000000,0,0,3);
INSERT INTO "event" VALUES(2,3,1,4,'[]',1700000003000000,0,0,3);
CREATE TABLE execution (
	id INTEGER NOT NULL,
	type_id BIGINT NOT NULL,
	name VARCHAR(512),
	state SMALLINT NOT NULL,
	external_id VARCHAR(512),
	properties TEXT NOT NULL,
	custom_properties TEXT NOT NULL,
	started_at BIGINT,
	ended_at BIGINT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_execution_external_id UNIQUE (external_id),
	CONSTRAINT uq_execution_name UNIQUE (type_id, name)
);
INSERT INTO "execution" VALUES(1,2,NULL,3,NULL,'{}','{}',NULL,NULL,1700000003000000,1700000004000000,4);
CREATE TABLE ledger_entry (
	seq INTEGER NOT NULL,
	time BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	reason TEXT,
	request_id TEXT,
	reported_at BIGINT,
	findings TEXT NOT NULL,
	row_count BIGINT NOT NULL,
	rows_root BLOB NOT NULL,
	records BLOB NOT NULL,
	rule SMALLINT NOT NULL,
	leaf BLOB NOT NULL,
	PRIMARY KEY (seq)
);
INSERT INTO "ledger_entry" VALUES(1,1700000001000000,'ada','record','for the migrations',NULL,NULL,'',1,X'B90CD615B745BBFA62F60373DB9E17970DD320AD24CB8B64CC42671055267053',X'0100000000000000014DDE27391ED326230BA736D610179A9863096ED1156A601D738A8C577E81D340',1,X'20F6EEA525343842F58E9F923DAB54B8D0A193021ED42449A36674F8D3BD5D91');
INSERT INTO "ledger_entry" VALUES(2,1700000002000000,'ada','record','for the migrations',NULL,NULL,'',1,X'B7F266B6933B910B2E88A06D527C0B3CAE21EA4FD1F9202D384A8F5C95CF9827',X'020000000000000001B563C12F982B209BA1D5E44B4BF5F7600DBCEB10DFB9266FA4CFF08F456D085A',1,X'119D44CDBE7B73142A72B11FF89A7657A9317F34E8E3C312F3C26CE06DE4D0B0');
INSERT INTO "ledger_entry" VALUES(3,1700000003000000,'ada','record','for the migrations',NULL,NULL,'',21,X'7E138C8B74AC940FFD219351E7EF3383FA11359AC0B0579FEAB5FFE0698EC9A7',X'0100000000000000023CCBBAB806AB666F308ED6F56722440C4F6A757B2D2663E94BE1319E407F7E1C030000000000000001AA431C9460C0CFEFC572DCFFAA69E9179A70D16FE53D8DD92B3CEE3314A4CAFC01000000000000000316308AC908DDE322A1D5F1EDA4D8D78929E0243DBF103958A7064BC2591C83810100000000000000045B71A58E8EFB8FC6DC385C2E90E24B817B48C876EF82AE94DBCFF1884B16995D0400000000000000017AF427576D8CC8F4B6AF334AE9C824F47BA07DFDE0E15AB143524A3E9B6A2A8E0400000000000000025EE35A1E6C96E8F5941A2D462193C2CEF84B2425CED69DD3E46B50C56F31F676010000000000000005923100D7AAB5BECCF188EAB4D372751E746188957D4FDE7A366C60642EE53F0801000000000000000668566220D0987B8BD4EC58BC5FDC9D98E63350C9AA7C51DE0E4AF254957D2C89010000000000000007338E20DD98468403A75E5BBE5341E3379BF47F6808BDA52D88B8CF5A02FB7945020000000000000002C9E7809B2735C1F3CC41384D8A045E48199ECEB9BFD7BB61D422FE9428CBF70A0200000000000000036AFC342FCDB8A56329084390D78AA1AAF62D8B5F0B0F652D795EAE2E23BE361905000000000000000168C079A86368C082B71165D518875CB9066A312570CC9C0C0D4D061F5CC0835005000000000000000203EC44C0A863C0657D7D6137F97B8D3C5B5B2441FF5A3854057BD2C0D540BFF6070000000000000001C1B851CF1A4CB5FC7C8C958A0F15D15120F0C3A2E60FDA50877E5A554213DF7406000000000000000144C9C697CD4D76D26C4DA4B7270947A84C5F7A6415950C5FE9F3E85306F3232206000000000000000275845633A9D5FEE4A153471800BF661413FEBAC0F4F6C93790FEDA4867C5CAD807000000000000000201A34C8E2EB5B2E31E5A769E6FD31A77E210D7085E634E285F0846BE5A760AF40600000000000000035A5056CE727784953C48F6DF4E5679AB54B1F64A98E00A03C6E6AB04B0746ADA0600000000000000044F390FDDC0A1FD5797C3503A628A6092E2FE2B998BF4BCCB79B60D18204D910E090000000000000001F081F0B00D3E4CD7634FE1B485C490E5BA2E6A9004B3040775F81898A38B5A300B0000000000000001956A251AB4956F999FF642ADDBD8DA50738E661D604694EF15F5C7E8C5676C5B',1,X'7FB4F567AD12C3F405A79B630E4C8B9A3C0D58E0BF7C4D69160026424CC0C4D9');
INSERT INTO "ledger_entry" VALUES(4,1700000004000000,'ada','record','for the migrations',NULL,NULL,'',2,X'0205F9B5AD37E486E793023DC3EBD2CF2C0C01D0115DF71E6EF937D3D1397182',X'03000000000000000143FAE71866EF7CB3F8A963C062B6FFBFB6228B767399C5A68783628A173BC277020000000000000001247EDEBE1562C5E7E970F869417B4A783251F2333F88FB98AFE5008CBAC0C89A',1,X'C94C40B6F29DB4333294E3D726DDB9611775816119E12AC7B4ACA0A46E01DCED');
INSERT INTO "ledger_entry" VALUES(5,1700000005000000,'ada','record','for the migrations',NULL,NULL,'',1,X'A888E945B65AC94175A0ECC5A2D19006B3DE31EE34182DE178B329C9D85754AD',X'080000000000000001A3CB3AE7FEADD3932DF9E578105DFDD1F337F2AA6B1B411BB0FEAE1CFD5DFA6B',1,X'0BAF354BFA1140DA246D26169D0C2DDA735ACCC8A0146E485A3EFA2B9E0B17A0');
INSERT INTO "ledger_entry" VALUES(6,1700000006000000,'ada','record','for the migrations',NULL,NULL,'',1,X'DFEBCF4861BB1BA203C03E0733F422F8B919B415C399B8171230E87A44D34C6E',X'09000000000000000245F8FD230FC7601EF693B707F68CAA99EBEC24B28AB0B642ED0951E85A440ACD',1,X'D18F7BED00358D8AD3861D7C15DCBF6285FA5C061997E328FE5F3372209D06DE');
INSERT INTO "ledger_entry" VALUES(7,1700000007000000,'ada','record','for the migrations',NULL,NULL,'',1,X'01AE281EAB2644978C34419685016B306CF50007371E3474EA9CD7D7F75ABA87',X'0A000000000000000104410D2B486F79BBE649F1C3D6CEC02B4520EC597793365447966ABA3EB1E0D5',1,X'0306DF09987A23F1FF909068DF9881C4B5AC2F87EDE953AC39C690872589BA7D');
INSERT INTO "ledger_entry" VALUES(8,1700000008000000,'ada','record','for the migrations',NULL,NULL,'',1,X'116ACFD6499C31D326321710054DF8EBDBC8FA0A138CE57B355941AAEFA1CDDF',X'0C000000000000000143F1101C7FC7CF008E3313D6CC381D4CCA301668D7896B67FAEF60DE5EB64FAD',1,X'A60FF635A43DCBEB8D27378BB401C91C538002DF312A4C5755032A900A4E5DD5');
CREATE TABLE metric (
	id INTEGER NOT NULL,
	execution_id BIGINT NOT NULL,
	name TEXT NOT NULL,
	points BIGINT NOT NULL,
	steps BLOB NOT NULL,
	samples BLOB NOT NULL,
	times BLOB NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "metric" VALUES(1,1,'loss',2,X'00000000000000000100000000000000',X'000000000000E03F000000000000F07F',X'01000000000000000200000000000000',3);
CREATE TABLE parent_context (
	id INTEGER NOT NULL,
	child_id BIGINT NOT NULL,
	parent_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_parent_context UNIQUE (child_id, parent_id)
);
INSERT INTO "parent_context" VALUES(1,1,2,5);
CREATE TABLE prediction (
	id INTEGER NOT NULL,
	trace_id BLOB NOT NULL,
	endpoint VARCHAR(512) NOT NULL,
	revision_id BIGINT,
	input_digest VARCHAR(512),
	key_id VARCHAR(512),
	output TEXT NOT NULL,
	confidence FLOAT,
	latency_us BIGINT NOT NULL,
	status BIGINT NOT NULL,
	time BIGINT NOT NULL,
	spool VARCHAR(512) NOT NULL,
	sequence BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_prediction_spool UNIQUE (spool, sequence),
	CONSTRAINT uq_prediction_trace UNIQUE (trace_id)
);
INSERT INTO "prediction" VALUES(1,X'019A0000000000000000000000000000','delay-api',NULL,'h1:00000000000000000000000000000000','k','{"delay":0.1}',0.9,12,200,1,'s',1,8);
CREATE TABLE property_bool (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value SMALLINT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
INSERT INTO "property_bool" VALUES(1,'boolean',1,3);
CREATE TABLE property_double (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value FLOAT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
INSERT INTO "property_double" VALUES(1,'double',3.33333333333333314829e-01,3);
CREATE TABLE property_int (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value BIGINT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
INSERT INTO "property_int" VALUES(1,'int',-9223372036854775808,3);
CREATE TABLE property_string (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value VARCHAR(200) NOT NULL,
	rest TEXT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
INSERT INTO "property_string" VALUES(1,'string','é ☃ "
','',3);
CREATE TABLE revision (
	table_number SMALLINT NOT NULL,
	node_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	replaced_by BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (table_number, node_id, entry)
)
 WITHOUT ROWID;
INSERT INTO "revision" VALUES(2,1,2,4,'[2,1,1,"own@1",null,null,0,null,"{\"boolean\":true,\"double\":0.3333333333333333,\"int\":-9223372036854775808,\"proto\":{\"$proto\":[\"type.example/T\",\"AP8=\"]},\"string\":\"é ☃ \\\"\\n\",\"struct\":{\"$struct\":{\"$$double\":[{\"$double\":\"nan\"},{\"$bytes\":\"/w==\"},null]}}}","{}",1700000002000000,1700000002000000,2]');
INSERT INTO "revision" VALUES(3,1,3,4,'[3,1,2,null,2,null,"{\"seed\":7}","{}",null,null,1700000003000000,1700000003000000,3]');
CREATE TABLE type (
	id INTEGER NOT NULL,
	kind SMALLINT NOT NULL,
	name VARCHAR(512) NOT NULL,
	version VARCHAR(512) NOT NULL,
	base VARCHAR(512),
	properties TEXT NOT NULL,
	description TEXT,
	external_id VARCHAR(512),
	created_at BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_type_external_id UNIQUE (external_id),
	CONSTRAINT uq_type_identity UNIQUE (kind, name, version)
);
INSERT INTO "type" VALUES(1,0,'Own','2',NULL,'{"boolean":6,"double":2,"int":1,"proto":5,"string":3,"struct":4}',NULL,NULL,1700000001000000,1);
INSERT INTO "type" VALUES(2,1,'Train','',NULL,'{"capture":4,"commit":3,"dirty":6,"duration_us":1,"environment":3,"error":3,"label":3,"parent_run_id":3,"run_id":3,"seed":1}',NULL,NULL,1700000003000000,3);
INSERT INTO "type" VALUES(3,2,'Experiment','',NULL,'{"description":3}',NULL,NULL,1700000003000000,3);
INSERT INTO "type" VALUES(4,2,'Pipeline','',NULL,'{"description":3}',NULL,NULL,1700000003000000,3);
INSERT INTO "type" VALUES(5,0,'Dataset','',NULL,'{"bytes":1,"columns":1,"rows":1,"schema":4,"version":3}',NULL,NULL,1700000003000000,3);
INSERT INTO "type" VALUES(6,0,'RawData','','Dataset','{"bytes":1,"columns":1,"rows":1,"schema":4,"version":3}',NULL,NULL,1700000003000000,3);
INSERT INTO "type" VALUES(7,0,'Model','',NULL,'{"bytes":1,"canonical":3,"format":3,"framework":3,"version":3}',NULL,NULL,1700000003000000,3);
CREATE INDEX ix_alias_artifact ON alias (artifact_id);
CREATE INDEX ix_alias_name ON alias (type_id, family, alias);
CREATE INDEX ix_artifact_entry ON artifact (entry);
CREATE INDEX ix_artifact_fingerprint ON artifact (fingerprint);
CREATE INDEX ix_artifact_uri ON artifact (uri);
CREATE INDEX ix_association_execution ON association (execution_id);
CREATE INDEX ix_attribution_artifact ON attribution (artifact_id);
CREATE INDEX ix_context_entry ON context (entry);
CREATE INDEX ix_decision_artifact ON decision (artifact_id);
CREATE INDEX ix_execution_entry ON execution (entry);
CREATE INDEX ix_ledger_entry_time ON ledger_entry (time);
CREATE INDEX ix_metric_execution ON metric (execution_id);
CREATE INDEX ix_parent_context_parent ON parent_context (parent_id);
CREATE INDEX ix_prediction_revision ON prediction (revision_id, trace_id);
CREATE TRIGGER alias_no_delete
BEFORE DELETE ON alias
BEGIN
    SELECT RAISE(ABORT, 'lineal: alias rows are never deleted');
END;
CREATE TRIGGER alias_no_overwrite
BEFORE INSERT ON alias
WHEN EXISTS (SELECT 1 FROM alias WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: alias has a row with this key');
END;
CREATE TRIGGER alias_no_update
BEFORE UPDATE ON alias
BEGIN
    SELECT RAISE(ABORT, 'lineal: alias rows are never changed');
END;
CREATE TRIGGER artifact_no_delete
BEFORE DELETE ON artifact
BEGIN
    SELECT RAISE(ABORT, 'lineal: artifact rows are never deleted');
END;
CREATE TRIGGER artifact_no_overwrite
BEFORE INSERT ON artifact
WHEN EXISTS (SELECT 1 FROM artifact WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM artifact WHERE type_id = NEW.type_id AND name = NEW.name) OR EXISTS (SELECT 1 FROM artifact WHERE external_id = NEW.external_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: artifact has a row with this key');
END;
CREATE TRIGGER artifact_no_update
BEFORE UPDATE ON artifact
WHEN NOT (NEW.id IS OLD.id AND NEW.type_id IS OLD.type_id AND NEW.name IS OLD.name AND NEW.created_at IS OLD.created_at AND NEW.entry > OLD.entry AND NOT EXISTS (SELECT 1 FROM artifact WHERE type_id = NEW.type_id AND name = NEW.name AND id <> OLD.id) AND NOT EXISTS (SELECT 1 FROM artifact WHERE external_id = NEW.external_id AND id <> OLD.id) AND EXISTS (SELECT 1 FROM revision WHERE table_number = 2 AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry))
BEGIN
    SELECT RAISE(ABORT, 'lineal: artifact rows change only through the store');
END;
CREATE TRIGGER association_no_delete
BEFORE DELETE ON association
BEGIN
    SELECT RAISE(ABORT, 'lineal: association rows are never deleted');
END;
CREATE TRIGGER association_no_overwrite
BEFORE INSERT ON association
WHEN EXISTS (SELECT 1 FROM association WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM association WHERE context_id = NEW.context_id AND execution_id = NEW.execution_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: association has a row with this key');
END;
CREATE TRIGGER association_no_update
BEFORE UPDATE ON association
BEGIN
    SELECT RAISE(ABORT, 'lineal: association rows are never changed');
END;
CREATE TRIGGER attribution_no_delete
BEFORE DELETE ON attribution
BEGIN
    SELECT RAISE(ABORT, 'lineal: attribution rows are never deleted');
END;
CREATE TRIGGER attribution_no_overwrite
BEFORE INSERT ON attribution
WHEN EXISTS (SELECT 1 FROM attribution WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM attribution WHERE context_id = NEW.context_id AND artifact_id = NEW.artifact_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: attribution has a row with this key');
END;
CREATE TRIGGER attribution_no_update
BEFORE UPDATE ON attribution
BEGIN
    SELECT RAISE(ABORT, 'lineal: attribution rows are never changed');
END;
CREATE TRIGGER context_no_delete
BEFORE DELETE ON context
BEGIN
    SELECT RAISE(ABORT, 'lineal: context rows are never deleted');
END;
CREATE TRIGGER context_no_overwrite
BEFORE INSERT ON context
WHEN EXISTS (SELECT 1 FROM context WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM context WHERE type_id = NEW.type_id AND name = NEW.name) OR EXISTS (SELECT 1 FROM context WHERE external_id = NEW.external_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: context has a row with this key');
END;
CREATE TRIGGER context_no_update
BEFORE UPDATE ON context
WHEN NOT (NEW.id IS OLD.id AND NEW.type_id IS OLD.type_id AND NEW.name IS OLD.name AND NEW.created_at IS OLD.created_at AND NEW.entry > OLD.entry AND NOT EXISTS (SELECT 1 FROM context WHERE type_id = NEW.type_id AND name = NEW.name AND id <> OLD.id) AND NOT EXISTS (SELECT 1 FROM context WHERE external_id = NEW.external_id AND id <> OLD.id) AND EXISTS (SELECT 1 FROM revision WHERE table_number = 4 AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry))
BEGIN
    SELECT RAISE(ABORT, 'lineal: context rows change only through the store');
END;
CREATE TRIGGER decision_no_delete
BEFORE DELETE ON decision
BEGIN
    SELECT RAISE(ABORT, 'lineal: decision rows are never deleted');
END;
CREATE TRIGGER decision_no_overwrite
BEFORE INSERT ON decision
WHEN EXISTS (SELECT 1 FROM decision WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: decision has a row with this key');
END;
CREATE TRIGGER decision_no_update
BEFORE UPDATE ON decision
BEGIN
    SELECT RAISE(ABORT, 'lineal: decision rows are never changed');
END;
CREATE TRIGGER event_no_delete
BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'lineal: event rows are never deleted');
END;
CREATE TRIGGER event_no_overwrite
BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM event WHERE artifact_id = NEW.artifact_id AND type = NEW.type AND execution_id = NEW.execution_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: event has a row with this key');
END;
CREATE TRIGGER event_no_update
BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'lineal: event rows are never changed');
END;
CREATE TRIGGER execution_no_delete
BEFORE DELETE ON execution
BEGIN
    SELECT RAISE(ABORT, 'lineal: execution rows are never deleted');
END;
CREATE TRIGGER execution_no_overwrite
BEFORE INSERT ON execution
WHEN EXISTS (SELECT 1 FROM execution WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM execution WHERE type_id = NEW.type_id AND name = NEW.name) OR EXISTS (SELECT 1 FROM execution WHERE external_id = NEW.external_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: execution has a row with this key');
END;
CREATE TRIGGER execution_no_update
BEFORE UPDATE ON execution
WHEN NOT (NEW.id IS OLD.id AND NEW.type_id IS OLD.type_id AND NEW.name IS OLD.name AND NEW.created_at IS OLD.created_at AND NEW.entry > OLD.entry AND NOT EXISTS (SELECT 1 FROM execution WHERE type_id = NEW.type_id AND name = NEW.name AND id <> OLD.id) AND NOT EXISTS (SELECT 1 FROM execution WHERE external_id = NEW.external_id AND id <> OLD.id) AND EXISTS (SELECT 1 FROM revision WHERE table_number = 3 AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry))
BEGIN
    SELECT RAISE(ABORT, 'lineal: execution rows change only through the store');
END;
CREATE TRIGGER ledger_entry_no_delete
BEFORE DELETE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'lineal: ledger_entry rows are never deleted');
END;
CREATE TRIGGER ledger_entry_no_overwrite
BEFORE INSERT ON ledger_entry
WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'lineal: ledger_entry has a row with this key');
END;
CREATE TRIGGER ledger_entry_no_update
BEFORE UPDATE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'lineal: ledger_entry rows are never changed');
END;
CREATE TRIGGER metric_no_delete
BEFORE DELETE ON metric
BEGIN
    SELECT RAISE(ABORT, 'lineal: metric rows are never deleted');
END;
CREATE TRIGGER metric_no_overwrite
BEFORE INSERT ON metric
WHEN EXISTS (SELECT 1 FROM metric WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: metric has a row with this key');
END;
CREATE TRIGGER metric_no_update
BEFORE UPDATE ON metric
BEGIN
    SELECT RAISE(ABORT, 'lineal: metric rows are never changed');
END;
CREATE TRIGGER parent_context_no_delete
BEFORE DELETE ON parent_context
BEGIN
    SELECT RAISE(ABORT, 'lineal: parent_context rows are never deleted');
END;
CREATE TRIGGER parent_context_no_overwrite
BEFORE INSERT ON parent_context
WHEN EXISTS (SELECT 1 FROM parent_context WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM parent_context WHERE child_id = NEW.child_id AND parent_id = NEW.parent_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: parent_context has a row with this key');
END;
CREATE TRIGGER parent_context_no_update
BEFORE UPDATE ON parent_context
BEGIN
    SELECT RAISE(ABORT, 'lineal: parent_context rows are never changed');
END;
CREATE TRIGGER prediction_no_delete
BEFORE DELETE ON prediction
BEGIN
    SELECT RAISE(ABORT, 'lineal: prediction rows are never deleted');
END;
CREATE TRIGGER prediction_no_overwrite
BEFORE INSERT ON prediction
WHEN EXISTS (SELECT 1 FROM prediction WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM prediction WHERE trace_id = NEW.trace_id) OR EXISTS (SELECT 1 FROM prediction WHERE spool = NEW.spool AND sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'lineal: prediction has a row with this key');
END;
CREATE TRIGGER prediction_no_update
BEFORE UPDATE ON prediction
BEGIN
    SELECT RAISE(ABORT, 'lineal: prediction rows are never changed');
END;
CREATE TRIGGER revision_no_delete
BEFORE DELETE ON revision
BEGIN
    SELECT RAISE(ABORT, 'lineal: revision rows are never deleted');
END;
CREATE TRIGGER revision_no_overwrite
BEFORE INSERT ON revision
WHEN EXISTS (SELECT 1 FROM revision WHERE table_number = NEW.table_number AND node_id = NEW.node_id AND entry = NEW.entry)
BEGIN
    SELECT RAISE(ABORT, 'lineal: revision has a row with this key');
END;
CREATE TRIGGER revision_no_update
BEFORE UPDATE ON revision
BEGIN
    SELECT RAISE(ABORT, 'lineal: revision rows are never changed');
END;
CREATE TRIGGER type_no_delete
BEFORE DELETE ON type
BEGIN
    SELECT RAISE(ABORT, 'lineal: type rows are never deleted');
END;
CREATE TRIGGER type_no_overwrite
BEFORE INSERT ON type
WHEN EXISTS (SELECT 1 FROM type WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM type WHERE kind = NEW.kind AND name = NEW.name AND version = NEW.version) OR EXISTS (SELECT 1 FROM type WHERE external_id = NEW.external_id)
BEGIN
    SELECT RAISE(ABORT, 'lineal: type has a row with this key');
END;
CREATE TRIGGER type_no_update
BEFORE UPDATE ON type
BEGIN
    SELECT RAISE(ABORT, 'lineal: type rows are never changed');
END;
COMMIT;
