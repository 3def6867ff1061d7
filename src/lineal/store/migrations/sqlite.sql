-- Written by `make schema` from the migrations; a test compares the two.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
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
CREATE TABLE association (
	id INTEGER NOT NULL,
	execution_id BIGINT NOT NULL,
	context_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_association UNIQUE (context_id, execution_id)
);
CREATE TABLE attribution (
	id INTEGER NOT NULL,
	artifact_id BIGINT NOT NULL,
	context_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_attribution UNIQUE (context_id, artifact_id)
);
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
CREATE TABLE parent_context (
	id INTEGER NOT NULL,
	child_id BIGINT NOT NULL,
	parent_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT uq_parent_context UNIQUE (child_id, parent_id)
);
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
CREATE TABLE property_bool (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value SMALLINT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
CREATE TABLE property_double (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value FLOAT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
CREATE TABLE property_int (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value BIGINT NOT NULL,
	node_id BIGINT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
CREATE TABLE property_string (
	map SMALLINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	value VARCHAR(200) NOT NULL,
	node_id BIGINT NOT NULL,
	rest TEXT NOT NULL,
	PRIMARY KEY (map, name, value, node_id)
)
 WITHOUT ROWID;
CREATE TABLE revision (
	table_number SMALLINT NOT NULL,
	node_id BIGINT NOT NULL,
	entry BIGINT NOT NULL,
	replaced_by BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (table_number, node_id, entry)
)
 WITHOUT ROWID;
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
INSERT INTO alembic_version (version_num) VALUES ('0005');
