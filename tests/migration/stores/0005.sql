BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
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
INSERT INTO "alias" VALUES(1,16,'delay','production',3,1700000003000000,3);
INSERT INTO "alias" VALUES(2,16,'delay','best',3,1700000006000000,6);
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
	PRIMARY KEY (id)
);
INSERT INTO "artifact" VALUES(1,10,'own@1',NULL,NULL,0,NULL,'{}','{}',1700000002000000,1700000004000000,4);
INSERT INTO "artifact" VALUES(2,15,'flights@1','file:///flights.csv',NULL,0,'raw','{}','{}',1700000003000000,1700000003000000,3);
INSERT INTO "artifact" VALUES(3,16,'delay@v1',NULL,'sha256:1',0,NULL,'{}','{"boolean":true,"double":0.3333333333333333,"int":-9223372036854775808,"proto":{"$proto":["type.example/T","AP8="]},"string":"é ☃ \"\n","struct":{"$struct":{"$$double":[{"$double":"nan"},{"$bytes":"/w=="},null]}}}',1700000003000000,1700000003000000,3);
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
INSERT INTO "context" VALUES(1,12,'e',NULL,'{}','{}',1700000003000000,1700000003000000,3);
INSERT INTO "context" VALUES(2,13,'p',NULL,'{}','{}',1700000003000000,1700000003000000,3);
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
	PRIMARY KEY (id)
);
INSERT INTO "execution" VALUES(1,11,NULL,3,NULL,'{}','{}',NULL,NULL,1700000003000000,1700000004000000,4);
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
INSERT INTO "ledger_entry" VALUES(1,1700000001000000,'ada','record','for the migrations',NULL,NULL,'',1,X'485B1FE76819F5A43905758EB37E893D68EF7C46B5B7EC32FC4F72BE58C3D5D3',X'01000000000000000ABF661C2E83F33CEF324B265149E81D87E8BD8000924DB6556D3B98A702B328A7',1,X'8C31255D52B6B72E80334DA3D66B87CD261E0A8A7987D40CBD86E4B2B6C347DE');
INSERT INTO "ledger_entry" VALUES(2,1700000002000000,'ada','record','for the migrations',NULL,NULL,'',1,X'F0206D2D19884E7F1D6362F821E870A30D690BC72DFC1BE02D074B170BE0583B',X'0200000000000000015372A4A77707E1291C8C773BFAFFC2CD0936743EFA14C752DABDF9AD882C186C',1,X'E0998FE96462A32456000BB7B25E2C0F8A95657E372642ACB75E33B63D06F056');
INSERT INTO "ledger_entry" VALUES(3,1700000003000000,'ada','record','for the migrations',NULL,NULL,'',21,X'F4A549E5CE0696F9263B9A3BA65ABE5572C656624EA6B9F66336D18F01E9D5E8',X'01000000000000000BE4DA5A1590EE46640688A9F45D47B75C4F1B73243ECE8FB9DFBB8A10455603A0030000000000000001A37899C0A79927AA1FBADF7CEF439991F36DE1FFB930A4E72C27E45FB1E85C7401000000000000000C289DF26C4E97694C557799834032AFAF4CB5590CF5B40B3D365D208651B5227B01000000000000000D1762DE70578E00252798BAD1B2C3BB1BD4BB4E9380F25D16EC86DF306EA597B2040000000000000001ECDC109068AE2D99A9C8A5195D93C3724D21F0C4974C769AE6A8B350FABF2FDF040000000000000002670D1CE160E6BC2E2CEB437A1783177EDE14B19F0A0EC4FADAB105D446A86C7001000000000000000E33468BFF50044BB4E0A31607E278E5E1E52B38447F3A02D361FDBAB0CE1B705301000000000000000F915348012290A2460B62B70194FAFB4F02B206C04E06A45D17905AB2809AFE58010000000000000010B59AA281A81B4F668F9D93137FD1DB53345695273435AA8A2981CC3980BFE4E102000000000000000221A656FD9903DAF6A3215C16FF99C4DC2CAFB49116B8A03784C73C143D21994E020000000000000003104D6F904447D73771F4C1C718EF601243B7E954A03B2C3CBEA6CC5E7944056305000000000000000168C079A86368C082B71165D518875CB9066A312570CC9C0C0D4D061F5CC0835005000000000000000203EC44C0A863C0657D7D6137F97B8D3C5B5B2441FF5A3854057BD2C0D540BFF6070000000000000001C1B851CF1A4CB5FC7C8C958A0F15D15120F0C3A2E60FDA50877E5A554213DF7406000000000000000144C9C697CD4D76D26C4DA4B7270947A84C5F7A6415950C5FE9F3E85306F3232206000000000000000275845633A9D5FEE4A153471800BF661413FEBAC0F4F6C93790FEDA4867C5CAD807000000000000000201A34C8E2EB5B2E31E5A769E6FD31A77E210D7085E634E285F0846BE5A760AF40600000000000000035A5056CE727784953C48F6DF4E5679AB54B1F64A98E00A03C6E6AB04B0746ADA0600000000000000044F390FDDC0A1FD5797C3503A628A6092E2FE2B998BF4BCCB79B60D18204D910E090000000000000001CEC00C4BE59C82FEC8F57D0206D08B2137EE84EECD8BD4CF25F4B207452B71D10B0000000000000001956A251AB4956F999FF642ADDBD8DA50738E661D604694EF15F5C7E8C5676C5B',1,X'B65028F354A237EBF089E11234056F2F0195EABDA544E0CF44CB802E5F82D5DD');
INSERT INTO "ledger_entry" VALUES(4,1700000004000000,'ada','record','for the migrations',NULL,NULL,'',2,X'561CC4163846C740E65CCCCF5314DDC22F04A260368BF3BE04A9C2CC284AC312',X'030000000000000001769F3162131AF0485F4B9EF0717FA33053FAFD42F45B6E7108C688FF1DF1D8D7020000000000000001417DB3A0F2BC6A34C439790FF23272001CF53D4DB9D33E8EFBB441F3258603F6',1,X'CF65C88CCC571C55E3C71481EAC860B666C657C42A00A061226D7E7112D4EFFA');
INSERT INTO "ledger_entry" VALUES(5,1700000005000000,'ada','record','for the migrations',NULL,NULL,'',1,X'A888E945B65AC94175A0ECC5A2D19006B3DE31EE34182DE178B329C9D85754AD',X'080000000000000001A3CB3AE7FEADD3932DF9E578105DFDD1F337F2AA6B1B411BB0FEAE1CFD5DFA6B',1,X'0BAF354BFA1140DA246D26169D0C2DDA735ACCC8A0146E485A3EFA2B9E0B17A0');
INSERT INTO "ledger_entry" VALUES(6,1700000006000000,'ada','record','for the migrations',NULL,NULL,'',1,X'E7654DEC7DE1FD44C782194365640DB3C8027BE291A2B9B78F551E088453A10C',X'0900000000000000026CE92691C016A3453D66EB64E7AC45A6F47605879DA93C6F70C39CBA501653B4',1,X'1E7C1A6876277255876F1B81EC7994D37AA105D8352D8C4AAEC7D2C2144AFFD2');
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
	node_id BIGINT NOT NULL,
	rest TEXT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
INSERT INTO "property_string" VALUES(1,'string','é ☃ "
',3,'');
CREATE TABLE revision (
	table_number SMALLINT NOT NULL,
	node_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	replaced_by BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (table_number, node_id, entry)
)
 WITHOUT ROWID;
INSERT INTO "revision" VALUES(2,1,2,4,'[2,1,10,"own@1",null,null,0,null,"{\"boolean\":true,\"double\":0.3333333333333333,\"int\":-9223372036854775808,\"proto\":{\"$proto\":[\"type.example/T\",\"AP8=\"]},\"string\":\"é ☃ \\\"\\n\",\"struct\":{\"$struct\":{\"$$double\":[{\"$double\":\"nan\"},{\"$bytes\":\"/w==\"},null]}}}","{}",1700000002000000,1700000002000000,2]');
INSERT INTO "revision" VALUES(3,1,3,4,'[3,1,11,null,2,null,"{\"seed\":7}","{}",null,null,1700000003000000,1700000003000000,3]');
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
	input_type TEXT,
	output_type TEXT,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_type_external_id UNIQUE (external_id),
	CONSTRAINT uq_type_identity UNIQUE (kind, name, version)
);
INSERT INTO "type" VALUES(10,0,'Own','2',NULL,'{"boolean":6,"double":2,"int":1,"proto":5,"string":3,"struct":4}',NULL,NULL,1700000001000000,NULL,NULL,1);
INSERT INTO "type" VALUES(11,1,'Train','',NULL,'{"capture":4,"commit":3,"dirty":6,"duration_us":1,"environment":3,"error":3,"label":3,"parent_run_id":3,"run_id":3,"seed":1}',NULL,NULL,1700000003000000,NULL,NULL,3);
INSERT INTO "type" VALUES(12,2,'Experiment','',NULL,'{"description":3}',NULL,NULL,1700000003000000,NULL,NULL,3);
INSERT INTO "type" VALUES(13,2,'Pipeline','',NULL,'{"description":3}',NULL,NULL,1700000003000000,NULL,NULL,3);
INSERT INTO "type" VALUES(14,0,'Dataset','',NULL,'{"bytes":1,"columns":1,"rows":1,"schema":4,"version":3}',NULL,NULL,1700000003000000,NULL,NULL,3);
INSERT INTO "type" VALUES(15,0,'RawData','','Dataset','{"bytes":1,"columns":1,"rows":1,"schema":4,"version":3}',NULL,NULL,1700000003000000,NULL,NULL,3);
INSERT INTO "type" VALUES(16,0,'Model','',NULL,'{"bytes":1,"canonical":3,"format":3,"framework":3,"version":3}',NULL,NULL,1700000003000000,NULL,NULL,3);
CREATE INDEX ix_alias_artifact ON alias (artifact_id);
CREATE INDEX ix_alias_name ON alias (type_id, family, alias);
CREATE INDEX ix_artifact_created_at ON artifact (created_at);
CREATE INDEX ix_artifact_fingerprint ON artifact (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX ix_artifact_updated_at ON artifact (updated_at);
CREATE INDEX ix_artifact_uri ON artifact (uri);
CREATE INDEX ix_association_execution ON association (execution_id);
CREATE INDEX ix_attribution_artifact ON attribution (artifact_id);
CREATE INDEX ix_context_created_at ON context (created_at);
CREATE INDEX ix_context_updated_at ON context (updated_at);
CREATE INDEX ix_decision_artifact ON decision (artifact_id);
CREATE INDEX ix_execution_created_at ON execution (created_at);
CREATE INDEX ix_execution_updated_at ON execution (updated_at);
CREATE INDEX ix_metric_execution ON metric (execution_id);
CREATE INDEX ix_parent_context_parent ON parent_context (parent_id);
CREATE INDEX ix_prediction_revision ON prediction (revision_id, trace_id);
CREATE INDEX ix_type_entry ON type (entry);
CREATE UNIQUE INDEX uq_artifact_external_id ON artifact (external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX uq_artifact_name ON artifact (type_id, name) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX uq_execution_external_id ON execution (external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX uq_execution_name ON execution (type_id, name) WHERE name IS NOT NULL;
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
CREATE VIEW artifact_block AS
WITH RECURSIVE block (number) AS (
    SELECT min(id) >> 11
    FROM artifact
    UNION ALL
    SELECT (SELECT min(id) >> 11 FROM artifact WHERE id >= (number + 1) << 11)
    FROM block
    WHERE number IS NOT NULL
)
SELECT number
FROM block
WHERE number IS NOT NULL;
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
CREATE VIEW context_block AS
WITH RECURSIVE block (number) AS (
    SELECT min(id) >> 11
    FROM context
    UNION ALL
    SELECT (SELECT min(id) >> 11 FROM context WHERE id >= (number + 1) << 11)
    FROM block
    WHERE number IS NOT NULL
)
SELECT number
FROM block
WHERE number IS NOT NULL;
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
CREATE VIEW execution_block AS
WITH RECURSIVE block (number) AS (
    SELECT min(id) >> 11
    FROM execution
    UNION ALL
    SELECT (SELECT min(id) >> 11 FROM execution WHERE id >= (number + 1) << 11)
    FROM block
    WHERE number IS NOT NULL
)
SELECT number
FROM block
WHERE number IS NOT NULL;
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
WHEN NOT (NEW.id IS OLD.id AND NEW.kind IS OLD.kind AND NEW.name IS OLD.name AND NEW.version IS OLD.version AND NEW.created_at IS OLD.created_at AND NEW.entry > OLD.entry AND NOT EXISTS (SELECT 1 FROM type WHERE kind = NEW.kind AND name = NEW.name AND version = NEW.version AND id <> OLD.id) AND NOT EXISTS (SELECT 1 FROM type WHERE external_id = NEW.external_id AND id <> OLD.id) AND EXISTS (SELECT 1 FROM revision WHERE table_number = 1 AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry))
BEGIN
    SELECT RAISE(ABORT, 'lineal: type rows change only through the store');
END;
COMMIT;
