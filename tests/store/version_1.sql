BEGIN TRANSACTION;
CREATE TABLE answers (
	conversation_id VARCHAR(200) NOT NULL, 
	window INTEGER NOT NULL, 
	hotkey VARCHAR(64) NOT NULL, 
	uid INTEGER NOT NULL, 
	failure VARCHAR(32) NOT NULL, 
	detail TEXT NOT NULL, 
	tags JSON NOT NULL, 
	profiles JSON NOT NULL, 
	seconds FLOAT NOT NULL, 
	evidence JSON NOT NULL, 
	body_hash VARCHAR(64) NOT NULL, 
	peer_record TEXT NOT NULL, 
	received_at FLOAT NOT NULL, 
	CONSTRAINT pk_answers PRIMARY KEY (conversation_id, window, hotkey), 
	CONSTRAINT fk_answers_conversation_id_window FOREIGN KEY(conversation_id, window) REFERENCES windows (conversation_id, window)
);
INSERT INTO "answers" VALUES('finished',0,'good',1,'','','["beans"]','[]',0.0,'{}','','',1008.0);
INSERT INTO "answers" VALUES('finished',0,'bad',2,'timeout','','[]','[]',0.0,'{}','','',1008.0);
CREATE TABLE conversation_metadata (
	conversation_id VARCHAR(200) NOT NULL, 
	metadata JSON NOT NULL, 
	made_at FLOAT NOT NULL, 
	CONSTRAINT pk_conversation_metadata PRIMARY KEY (conversation_id), 
	CONSTRAINT fk_conversation_metadata_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "conversation_metadata" VALUES('finished','{"tags": [{"text": "beans", "support": 1.0}], "profiles": [{"participant": 0, "claims": [{"attribute": "topic", "value": "beans", "turns": [0]}]}, {"participant": 1, "claims": [{"attribute": "topic", "value": "peas", "turns": [1]}]}]}',1010.0);
CREATE TABLE conversations (
	number INTEGER NOT NULL, 
	id VARCHAR(200) NOT NULL, 
	source VARCHAR(200) NOT NULL, 
	language VARCHAR(35) NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	turns INTEGER NOT NULL, 
	document JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	added_at FLOAT NOT NULL, 
	finished_at FLOAT, 
	CONSTRAINT pk_conversations PRIMARY KEY (number), 
	CONSTRAINT uq_conversations_id UNIQUE (id), 
	CONSTRAINT uq_conversations_content_hash UNIQUE (content_hash)
);
INSERT INTO "conversations" VALUES(1,'finished','test','','54c2d82e3bbae381c45885abf2948a6c1ff0eb968ec0093c2a9346f43ac83409',2,'{"id": "finished", "source": "test", "participants": [{"name": "Ann", "id": "@ann"}, "Bo"], "turns": [{"speaker": 0, "text": "shall we plant beans?"}, {"speaker": 1, "text": "beans, and it''s peas for me"}]}','done',0,'',1002.0,1010.0);
INSERT INTO "conversations" VALUES(2,'waiting','test','','21f0363edc2eecb9b7c45e1af405a4421b2324216a3a98d150c26a4c2da2e133',1,'{"id": "waiting", "source": "test", "participants": ["Ann"], "turns": [{"speaker": 0, "text": "nobody else?"}]}','leased',0,'',1003.0,NULL);
INSERT INTO "conversations" VALUES(3,'held','test','','177c9735bc3cc1fc755051778b40354e6c8af5c378ef854632926dc1e0434008',2,'{"id": "held", "source": "test", "participants": ["Cy", "Ann"], "turns": [{"speaker": 0, "text": "hello"}, {"speaker": 1, "text": "hello yourself"}]}','waiting',0,'',1004.0,NULL);
CREATE TABLE ground_truths (
	conversation_id VARCHAR(200) NOT NULL, 
	validator VARCHAR(64) NOT NULL, 
	seal VARCHAR(64) NOT NULL, 
	document TEXT NOT NULL, 
	annotator VARCHAR(200) NOT NULL, 
	embedder VARCHAR(200) NOT NULL, 
	rule_version VARCHAR(200) NOT NULL, 
	seed BIGINT NOT NULL, 
	sealed_at FLOAT NOT NULL, 
	CONSTRAINT pk_ground_truths PRIMARY KEY (conversation_id), 
	CONSTRAINT fk_ground_truths_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "ground_truths" VALUES('finished','validator','abababababababababababababababababababababababababababababababab','{"ground_truth": {"tags": [{"text": "beans", "support": 1.0}], "profiles": []}, "window_plan": {"tokens": 100, "turns": 2, "overlap": 0}}','a','e','1',7,1006.0);
CREATE TABLE leases (
	conversation_id VARCHAR(200) NOT NULL, 
	holder VARCHAR(64) NOT NULL, 
	token VARCHAR(32) NOT NULL, 
	acquired_at FLOAT NOT NULL, 
	heartbeat_at FLOAT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (conversation_id), 
	CONSTRAINT fk_leases_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "leases" VALUES('waiting','validator','ee5dd354c16f7499e77ef3db4f1f02da',1012.0,1012.0,1072.0);
CREATE TABLE schema_versions (
	version INTEGER NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT pk_schema_versions PRIMARY KEY (version)
);
INSERT INTO "schema_versions" VALUES(1,1001.0);
CREATE TABLE scores (
	conversation_id VARCHAR(200) NOT NULL, 
	window INTEGER NOT NULL, 
	hotkey VARCHAR(64) NOT NULL, 
	rule_version VARCHAR(200) NOT NULL, 
	value FLOAT NOT NULL, 
	valid BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	components JSON NOT NULL, 
	tags JSON NOT NULL, 
	CONSTRAINT pk_scores PRIMARY KEY (conversation_id, window, hotkey, rule_version), 
	CONSTRAINT fk_scores_conversation_id_window FOREIGN KEY(conversation_id, window) REFERENCES windows (conversation_id, window)
);
INSERT INTO "scores" VALUES('finished',0,'good','1',0.5,1,'','{}','[]');
INSERT INTO "scores" VALUES('finished',0,'bad','1',0.0,0,'timeout','{}','[]');
CREATE TABLE standings (
	validator VARCHAR(64) NOT NULL, 
	hotkey VARCHAR(64) NOT NULL, 
	registered_at BIGINT NOT NULL, 
	rule_version VARCHAR(200) NOT NULL, 
	standing TEXT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	CONSTRAINT pk_standings PRIMARY KEY (validator, hotkey)
);
INSERT INTO "standings" VALUES('validator','good',3,'1','{}',1009.0);
CREATE TABLE weights (
	number INTEGER NOT NULL, 
	validator VARCHAR(64) NOT NULL, 
	block BIGINT NOT NULL, 
	set_at FLOAT NOT NULL, 
	rewards JSON NOT NULL, 
	weights JSON NOT NULL, 
	success BOOLEAN NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	message TEXT NOT NULL, 
	CONSTRAINT pk_weights PRIMARY KEY (number)
);
INSERT INTO "weights" VALUES(1,'validator',5,1013.0,'{"good": 1.0}','{"1": 1.0}',1,'','');
CREATE TABLE windows (
	conversation_id VARCHAR(200) NOT NULL, 
	window INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	stop INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	seed BIGINT, 
	background JSON, 
	done_at FLOAT, 
	CONSTRAINT pk_windows PRIMARY KEY (conversation_id, window), 
	CONSTRAINT fk_windows_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);
INSERT INTO "windows" VALUES('finished',0,0,2,'done',1,'[["waiting", 0, 1]]',1007.0);
CREATE INDEX ix_conversations_line ON conversations (state, attempts, number);
CREATE INDEX ix_weights_validator ON weights (validator);
CREATE INDEX ix_leases_holder ON leases (holder);
CREATE INDEX ix_ground_truths_seal ON ground_truths (seal);
CREATE INDEX ix_windows_state ON windows (state);
CREATE INDEX ix_answers_received_at ON answers (received_at);
CREATE INDEX ix_answers_hotkey ON answers (hotkey);
COMMIT;
