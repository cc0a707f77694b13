"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '2026_11_22_first'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("CREATE SEQUENCE case_numbers START WITH 1001")
    op.create_table('organisations',
    sa.Column('org_id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('brand', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('phi_level', sa.Text(), server_default='none', nullable=False),
    sa.Column('texts_on_sunday', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('data_key', sa.LargeBinary(), nullable=False),
    sa.Column('settings', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('org_id', name=op.f('pk_organisations'))
    )
    op.create_table('audit',
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('machine_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_audit_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_subject', 'audit', ['org_id', 'subject_kind', 'subject_id'], unique=False)
    op.create_table('audit_seals',
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('from_id', sa.BigInteger(), nullable=False),
    sa.Column('to_id', sa.BigInteger(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_audit_seals_')),
    sa.PrimaryKeyConstraint('org_id', 'seq', name=op.f('pk_audit_seals'))
    )
    op.create_table('connections',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('config', sa.LargeBinary(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_connections_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_connections')),
    sa.UniqueConstraint('org_id', 'kind', name=op.f('uq_connections_org_id_kind'))
    )
    op.create_table('decisions',
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('enrollment_id', sa.Uuid(), nullable=True),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('number_id', sa.Uuid(), nullable=True),
    sa.Column('verdict', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_decisions_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_decisions'))
    )
    op.create_index('ix_decisions_case', 'decisions', ['org_id', 'case_id'], unique=False, postgresql_where=sa.text('case_id IS NOT NULL'))
    op.create_index('ix_decisions_enrollment', 'decisions', ['org_id', 'enrollment_id'], unique=False)
    op.create_index('ix_decisions_message', 'decisions', ['org_id', 'message_id'], unique=False)
    op.create_table('ehr_feeds',
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('watermark', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_ehr_feeds_')),
    sa.PrimaryKeyConstraint('org_id', 'resource', name=op.f('pk_ehr_feeds'))
    )
    op.create_table('ehr_links',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('local_id', sa.Uuid(), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('ehr_id', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=True),
    sa.Column('read_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_ehr_links_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_ehr_links')),
    sa.UniqueConstraint('org_id', 'kind', 'local_id', name=op.f('uq_ehr_links_org_id_kind_local_id'))
    )
    op.create_table('events',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_events_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_events'))
    )
    op.create_index('ix_events_source', 'events', ['org_id', 'source', 'external_id'], unique=False)
    op.create_table('outbox',
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('state', sa.Text(), server_default='due', nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('lease_token', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_outbox_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_due', 'outbox', ['lane', 'not_before'], unique=False, postgresql_where=sa.text("state = 'due'"))
    op.create_index('ix_outbox_leased', 'outbox', ['org_id', 'topic', 'key'], unique=False, postgresql_where=sa.text("state = 'leased'"))
    op.create_index('uq_outbox_due', 'outbox', ['org_id', 'topic', 'key'], unique=True, postgresql_where=sa.text("state = 'due'"))
    op.create_table('patients',
    sa.Column('ehr_id', sa.Text(), nullable=False),
    sa.Column('mrn_hash', sa.LargeBinary(), nullable=True),
    sa.Column('name_birth_hash', sa.LargeBinary(), nullable=True),
    sa.Column('given', sa.LargeBinary(), nullable=False),
    sa.Column('family', sa.LargeBinary(), nullable=False),
    sa.Column('mrn', sa.LargeBinary(), nullable=True),
    sa.Column('birth_date', sa.LargeBinary(), nullable=True),
    sa.Column('email', sa.LargeBinary(), nullable=True),
    sa.Column('birth_year', sa.Integer(), nullable=True),
    sa.Column('language', sa.Text(), server_default='en', nullable=False),
    sa.Column('zip3', sa.Text(), nullable=True),
    sa.Column('zip', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.Text(), nullable=True),
    sa.Column('stated_zone', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('deceased', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('admitted', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('do_not_contact', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('ehr_version', sa.Text(), nullable=True),
    sa.Column('ehr_read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_patients_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_patients')),
    sa.UniqueConstraint('org_id', 'ehr_id', name=op.f('uq_patients_org_id_ehr_id'))
    )
    op.create_index('ix_patients_mrn', 'patients', ['org_id', 'mrn_hash'], unique=False)
    op.create_index('ix_patients_name_birth', 'patients', ['org_id', 'name_birth_hash'], unique=False)
    op.create_table('phone_numbers',
    sa.Column('e164_hash', sa.LargeBinary(), nullable=False),
    sa.Column('e164', sa.LargeBinary(), nullable=False),
    sa.Column('textable', sa.Text(), server_default='unknown', nullable=False),
    sa.Column('bad_reason', sa.Text(), nullable=True),
    sa.Column('first_texted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_inbound_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_phone_numbers_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_phone_numbers')),
    sa.UniqueConstraint('org_id', 'e164_hash', name=op.f('uq_phone_numbers_org_id_e164_hash'))
    )
    op.create_table('programs',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('live_version_id', sa.Uuid(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_programs_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_programs')),
    sa.UniqueConstraint('org_id', 'code', name=op.f('uq_programs_org_id_code'))
    )
    op.create_table('provider_events',
    sa.Column('attempt_id', sa.Uuid(), nullable=True),
    sa.Column('provider_sid', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('error_code', sa.Text(), server_default='', nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_provider_events_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_provider_events')),
    sa.UniqueConstraint('org_id', 'provider_sid', 'status', 'error_code', name=op.f('uq_provider_events_org_id_provider_sid_status_error_code'))
    )
    op.create_table('receipts',
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_receipts_')),
    sa.PrimaryKeyConstraint('org_id', 'source', 'external_id', name=op.f('pk_receipts'))
    )
    op.create_table('routes',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_routes_')),
    sa.PrimaryKeyConstraint('kind', 'key', name=op.f('pk_routes'))
    )
    op.create_table('sites',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('zip', sa.Text(), nullable=True),
    sa.Column('ehr_id', sa.Text(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_sites_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_sites')),
    sa.UniqueConstraint('org_id', 'ehr_id', name=op.f('uq_sites_org_id_ehr_id'))
    )
    op.create_table('slots',
    sa.Column('ehr_id', sa.Text(), nullable=False),
    sa.Column('schedule', sa.Text(), nullable=False),
    sa.Column('practitioner', sa.Text(), nullable=True),
    sa.Column('practitioner_name', sa.Text(), nullable=True),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('ehr_version', sa.Text(), nullable=True),
    sa.Column('ehr_read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_by_case', sa.Uuid(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_slots_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_slots')),
    sa.UniqueConstraint('org_id', 'ehr_id', name=op.f('uq_slots_org_id_ehr_id'))
    )
    op.create_index('ix_slots_free', 'slots', ['org_id', 'status', 'start_at'], unique=False)
    op.create_table('staff',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_staff_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_staff')),
    sa.UniqueConstraint('org_id', 'email', name=op.f('uq_staff_org_id_email'))
    )
    op.create_table('teams',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.Text(), nullable=False),
    sa.Column('clinical', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_teams_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_teams')),
    sa.UniqueConstraint('org_id', 'code', name=op.f('uq_teams_org_id_code'))
    )
    op.create_table('appointments',
    sa.Column('ehr_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('practitioner', sa.Text(), nullable=True),
    sa.Column('location', sa.Text(), nullable=True),
    sa.Column('slot_ehr_id', sa.Text(), nullable=True),
    sa.Column('ehr_version', sa.Text(), nullable=True),
    sa.Column('ehr_updated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ehr_read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('booked_by_case', sa.Uuid(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_appointments_patient_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_appointments_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_appointments')),
    sa.UniqueConstraint('org_id', 'ehr_id', name=op.f('uq_appointments_org_id_ehr_id'))
    )
    op.create_index('ix_appointments_patient', 'appointments', ['org_id', 'patient_id', 'start_at'], unique=False)
    op.create_table('consents',
    sa.Column('number_id', sa.Uuid(), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('how', sa.Text(), nullable=False),
    sa.Column('wording', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_consents_number_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_consents_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_consents'))
    )
    op.create_index('ix_consents_number', 'consents', ['org_id', 'number_id'], unique=False)
    op.create_table('conversations',
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('number_id', sa.Uuid(), nullable=True),
    sa.Column('last_inbound_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_conversations_number_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_conversations_patient_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_conversations_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_conversations'))
    )
    op.create_index('uq_conversations_patient', 'conversations', ['org_id', 'patient_id'], unique=True, postgresql_where=sa.text('patient_id IS NOT NULL'))
    op.create_index('uq_conversations_stranger', 'conversations', ['org_id', 'number_id'], unique=True, postgresql_where=sa.text('patient_id IS NULL'))
    op.create_table('page_links',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'staff_id'], ['staff.org_id', 'staff.id'], name=op.f('fk_page_links_staff_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_page_links_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_page_links')),
    sa.UniqueConstraint('org_id', 'token_hash', name=op.f('uq_page_links_org_id_token_hash'))
    )
    op.create_table('page_sessions',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'staff_id'], ['staff.org_id', 'staff.id'], name=op.f('fk_page_sessions_staff_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_page_sessions_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_page_sessions')),
    sa.UniqueConstraint('org_id', 'token_hash', name=op.f('uq_page_sessions_org_id_token_hash'))
    )
    op.create_index('ix_page_sessions_expires', 'page_sessions', ['org_id', 'expires_at'], unique=False)
    op.create_table('patient_numbers',
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('number_id', sa.Uuid(), nullable=False),
    sa.Column('rank', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('use', sa.Text(), server_default='mobile', nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_patient_numbers_number_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_patient_numbers_patient_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_patient_numbers_')),
    sa.PrimaryKeyConstraint('org_id', 'patient_id', 'number_id', name=op.f('pk_patient_numbers'))
    )
    op.create_index('ix_patient_numbers_number', 'patient_numbers', ['org_id', 'number_id'], unique=False)
    op.create_table('program_versions',
    sa.Column('program_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'program_id'], ['programs.org_id', 'programs.id'], name=op.f('fk_program_versions_program_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_program_versions_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_program_versions')),
    sa.UniqueConstraint('org_id', 'program_id', 'number', name=op.f('uq_program_versions_org_id_program_id_number'))
    )
    op.create_table('staff_identities',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('workspace', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'staff_id'], ['staff.org_id', 'staff.id'], name=op.f('fk_staff_identities_staff_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_staff_identities_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_staff_identities')),
    sa.UniqueConstraint('org_id', 'workspace', 'external_id', name=op.f('uq_staff_identities_org_id_workspace_external_id'))
    )
    op.create_table('suppressions',
    sa.Column('number_id', sa.Uuid(), nullable=False),
    sa.Column('channel_class', sa.Text(), server_default='text', nullable=False),
    sa.Column('scope', sa.Text(), server_default='all', nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_suppressions_number_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_suppressions_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_suppressions'))
    )
    op.create_index('uq_suppressions_live', 'suppressions', ['org_id', 'number_id', 'channel_class'], unique=True, postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('team_members',
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'staff_id'], ['staff.org_id', 'staff.id'], name=op.f('fk_team_members_staff_id')),
    sa.ForeignKeyConstraint(['org_id', 'team_id'], ['teams.org_id', 'teams.id'], name=op.f('fk_team_members_team_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_team_members_')),
    sa.PrimaryKeyConstraint('org_id', 'team_id', 'staff_id', name=op.f('pk_team_members'))
    )
    op.create_table('trigger_events',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('appointment_id', sa.Uuid(), nullable=True),
    sa.Column('context', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'appointment_id'], ['appointments.org_id', 'appointments.id'], name=op.f('fk_trigger_events_appointment_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_trigger_events_patient_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_trigger_events_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_trigger_events')),
    sa.UniqueConstraint('org_id', 'source', 'external_id', name=op.f('uq_trigger_events_org_id_source_external_id'))
    )
    op.create_table('enrollments',
    sa.Column('program_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=False),
    sa.Column('number_id', sa.Uuid(), nullable=True),
    sa.Column('appointment_id', sa.Uuid(), nullable=True),
    sa.Column('trigger_event_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('step', sa.Text(), nullable=True),
    sa.Column('touches', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wake_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wake_local', sa.Text(), nullable=True),
    sa.Column('paused_for', sa.Text(), nullable=True),
    sa.Column('routing', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('booked_appointment_id', sa.Uuid(), nullable=True),
    sa.Column('recovered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('segment', sa.Text(), nullable=True),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('phase', sa.Text(), nullable=True),
    sa.Column('run_no', sa.Integer(), nullable=True),
    sa.Column('holdout', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('quarantined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'appointment_id'], ['appointments.org_id', 'appointments.id'], name=op.f('fk_enrollments_appointment_id')),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_enrollments_number_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_enrollments_patient_id')),
    sa.ForeignKeyConstraint(['org_id', 'program_id'], ['programs.org_id', 'programs.id'], name=op.f('fk_enrollments_program_id')),
    sa.ForeignKeyConstraint(['org_id', 'trigger_event_id'], ['trigger_events.org_id', 'trigger_events.id'], name=op.f('fk_enrollments_trigger_event_id')),
    sa.ForeignKeyConstraint(['org_id', 'version_id'], ['program_versions.org_id', 'program_versions.id'], name=op.f('fk_enrollments_version_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_enrollments_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_enrollments')),
    sa.UniqueConstraint('org_id', 'program_id', 'trigger_event_id', name=op.f('uq_enrollments_org_id_program_id_trigger_event_id'))
    )
    op.create_index('ix_enrollments_appointment', 'enrollments', ['org_id', 'appointment_id'], unique=False)
    op.create_index('ix_enrollments_booked', 'enrollments', ['org_id', 'booked_appointment_id'], unique=False, postgresql_where=sa.text('booked_appointment_id IS NOT NULL'))
    op.create_index('ix_enrollments_due', 'enrollments', ['org_id', 'wake_at'], unique=False, postgresql_where=sa.text('wake_at IS NOT NULL'))
    op.create_index('ix_enrollments_number', 'enrollments', ['org_id', 'number_id'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('ix_enrollments_patient', 'enrollments', ['org_id', 'patient_id'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_table('enrollment_steps',
    sa.Column('enrollment_id', sa.Uuid(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('how', sa.Text(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'enrollment_id'], ['enrollments.org_id', 'enrollments.id'], name=op.f('fk_enrollment_steps_enrollment_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_enrollment_steps_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_enrollment_steps'))
    )
    op.create_index('ix_enrollment_steps_enrollment', 'enrollment_steps', ['org_id', 'enrollment_id'], unique=False)
    op.create_table('messages',
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('number_id', sa.Uuid(), nullable=False),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('enrollment_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), server_default='sms', nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('dedupe_key', sa.Text(), nullable=False),
    sa.Column('step', sa.Text(), nullable=True),
    sa.Column('touch', sa.Integer(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('segments', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=True),
    sa.Column('in_reply_to', sa.Uuid(), nullable=True),
    sa.Column('staff_id', sa.Uuid(), nullable=True),
    sa.Column('provider_sid', sa.Text(), nullable=True),
    sa.Column('error_code', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hold_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'conversation_id'], ['conversations.org_id', 'conversations.id'], name=op.f('fk_messages_conversation_id')),
    sa.ForeignKeyConstraint(['org_id', 'enrollment_id'], ['enrollments.org_id', 'enrollments.id'], name=op.f('fk_messages_enrollment_id')),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_messages_number_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_messages_patient_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_messages_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_messages')),
    sa.UniqueConstraint('org_id', 'dedupe_key', name=op.f('uq_messages_org_id_dedupe_key'))
    )
    op.create_index('ix_messages_conversation', 'messages', ['org_id', 'conversation_id', 'created_at'], unique=False)
    op.create_index('ix_messages_enrollment', 'messages', ['org_id', 'enrollment_id'], unique=False)
    op.create_index('ix_messages_held', 'messages', ['org_id', 'hold_until'], unique=False, postgresql_where=sa.text("state = 'held' AND hold_until IS NOT NULL"))
    op.create_index('ix_messages_number_sent', 'messages', ['org_id', 'number_id', 'sent_at'], unique=False)
    op.create_index('uq_messages_provider', 'messages', ['org_id', 'provider_sid'], unique=True, postgresql_where=sa.text('provider_sid IS NOT NULL'))
    op.create_table('attempts',
    sa.Column('message_id', sa.Uuid(), nullable=False),
    sa.Column('no', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('http_status', sa.Integer(), nullable=True),
    sa.Column('provider_code', sa.Text(), nullable=True),
    sa.Column('provider_sid', sa.Text(), nullable=True),
    sa.Column('resolved_by', sa.Text(), nullable=True),
    sa.Column('looks', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'message_id'], ['messages.org_id', 'messages.id'], name=op.f('fk_attempts_message_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_attempts_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('org_id', 'message_id', 'no', name=op.f('uq_attempts_org_id_message_id_no'))
    )
    op.create_index('ix_attempts_open', 'attempts', ['org_id', 'lease_until'], unique=False, postgresql_where=sa.text("state = 'sending'"))
    op.create_table('cases',
    sa.Column('number', sa.BigInteger(), server_default=sa.text("nextval('case_numbers')"), nullable=False),
    sa.Column('dedupe_key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), server_default='open', nullable=False),
    sa.Column('step', sa.Text(), nullable=True),
    sa.Column('asked', sa.Text(), nullable=True),
    sa.Column('asked_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('patient_id', sa.Uuid(), nullable=True),
    sa.Column('number_id', sa.Uuid(), nullable=True),
    sa.Column('enrollment_id', sa.Uuid(), nullable=True),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disposition', sa.Text(), nullable=True),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('booking_slot_id', sa.Uuid(), nullable=True),
    sa.Column('booked_for', sa.DateTime(timezone=True), nullable=True),
    sa.Column('writeback', sa.Text(), server_default='pending', nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'booking_slot_id'], ['slots.org_id', 'slots.id'], name=op.f('fk_cases_booking_slot_id')),
    sa.ForeignKeyConstraint(['org_id', 'enrollment_id'], ['enrollments.org_id', 'enrollments.id'], name=op.f('fk_cases_enrollment_id')),
    sa.ForeignKeyConstraint(['org_id', 'message_id'], ['messages.org_id', 'messages.id'], name=op.f('fk_cases_message_id')),
    sa.ForeignKeyConstraint(['org_id', 'number_id'], ['phone_numbers.org_id', 'phone_numbers.id'], name=op.f('fk_cases_number_id')),
    sa.ForeignKeyConstraint(['org_id', 'owner_id'], ['staff.org_id', 'staff.id'], name=op.f('fk_cases_owner_id')),
    sa.ForeignKeyConstraint(['org_id', 'patient_id'], ['patients.org_id', 'patients.id'], name=op.f('fk_cases_patient_id')),
    sa.ForeignKeyConstraint(['org_id', 'team_id'], ['teams.org_id', 'teams.id'], name=op.f('fk_cases_team_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_cases_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_cases')),
    sa.UniqueConstraint('org_id', 'dedupe_key', name=op.f('uq_cases_org_id_dedupe_key')),
    sa.UniqueConstraint('org_id', 'number', name=op.f('uq_cases_org_id_number'))
    )
    op.create_index('ix_cases_enrollment', 'cases', ['org_id', 'enrollment_id'], unique=False)
    op.create_index('ix_cases_open', 'cases', ['org_id', 'team_id', 'due_at'], unique=False, postgresql_where=sa.text("state <> 'closed'"))
    op.create_index('ix_cases_patient', 'cases', ['org_id', 'patient_id'], unique=False)
    op.create_table('readings',
    sa.Column('message_id', sa.Uuid(), nullable=False),
    sa.Column('engine', sa.Text(), nullable=False),
    sa.Column('context', sa.Text(), nullable=True),
    sa.Column('intents', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('urgency', sa.Text(), nullable=False),
    sa.Column('confidence', sa.Double(), nullable=False),
    sa.Column('review', sa.Boolean(), nullable=False),
    sa.Column('opt_out', sa.Boolean(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('choice', sa.Integer(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('when_label', sa.Text(), nullable=True),
    sa.Column('when_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('when_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('when_grain', sa.Text(), nullable=True),
    sa.Column('evidence', sa.LargeBinary(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'message_id'], ['messages.org_id', 'messages.id'], name=op.f('fk_readings_message_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_readings_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_readings')),
    sa.UniqueConstraint('org_id', 'message_id', 'engine', name=op.f('uq_readings_org_id_message_id_engine'))
    )
    op.create_table('card_posts',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('ts', sa.Text(), nullable=True),
    sa.Column('posting_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rendered_version', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'case_id'], ['cases.org_id', 'cases.id'], name=op.f('fk_card_posts_case_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_card_posts_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_card_posts')),
    sa.UniqueConstraint('org_id', 'case_id', 'channel', name=op.f('uq_card_posts_org_id_case_id_channel'))
    )
    op.create_table('case_events',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'case_id'], ['cases.org_id', 'cases.id'], name=op.f('fk_case_events_case_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_case_events_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_case_events'))
    )
    op.create_index('ix_case_events_case', 'case_events', ['org_id', 'case_id'], unique=False)
    op.create_table('promises',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('org_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), server_default=sa.text('uuidv7()'), nullable=False),
    sa.ForeignKeyConstraint(['org_id', 'case_id'], ['cases.org_id', 'cases.id'], name=op.f('fk_promises_case_id')),
    sa.ForeignKeyConstraint(['org_id'], ['organisations.org_id'], name=op.f('fk_promises_')),
    sa.PrimaryKeyConstraint('org_id', 'id', name=op.f('pk_promises'))
    )
    op.create_index('ix_promises_due', 'promises', ['org_id', 'due_at'], unique=False, postgresql_where=sa.text('kept_at IS NULL'))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index('ix_promises_due', table_name='promises', postgresql_where=sa.text('kept_at IS NULL'))
    op.drop_table('promises')
    op.drop_index('ix_case_events_case', table_name='case_events')
    op.drop_table('case_events')
    op.drop_table('card_posts')
    op.drop_table('readings')
    op.drop_index('ix_cases_patient', table_name='cases')
    op.drop_index('ix_cases_open', table_name='cases', postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index('ix_cases_enrollment', table_name='cases')
    op.drop_table('cases')
    op.drop_index('ix_attempts_open', table_name='attempts', postgresql_where=sa.text("state = 'sending'"))
    op.drop_table('attempts')
    op.drop_index('uq_messages_provider', table_name='messages', postgresql_where=sa.text('provider_sid IS NOT NULL'))
    op.drop_index('ix_messages_number_sent', table_name='messages')
    op.drop_index('ix_messages_held', table_name='messages', postgresql_where=sa.text("state = 'held' AND hold_until IS NOT NULL"))
    op.drop_index('ix_messages_enrollment', table_name='messages')
    op.drop_index('ix_messages_conversation', table_name='messages')
    op.drop_table('messages')
    op.drop_index('ix_enrollment_steps_enrollment', table_name='enrollment_steps')
    op.drop_table('enrollment_steps')
    op.drop_index('ix_enrollments_patient', table_name='enrollments', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('ix_enrollments_number', table_name='enrollments', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('ix_enrollments_due', table_name='enrollments', postgresql_where=sa.text('wake_at IS NOT NULL'))
    op.drop_index('ix_enrollments_booked', table_name='enrollments', postgresql_where=sa.text('booked_appointment_id IS NOT NULL'))
    op.drop_index('ix_enrollments_appointment', table_name='enrollments')
    op.drop_table('enrollments')
    op.drop_table('trigger_events')
    op.drop_table('team_members')
    op.drop_index('uq_suppressions_live', table_name='suppressions', postgresql_where=sa.text('lifted_at IS NULL'))
    op.drop_table('suppressions')
    op.drop_table('staff_identities')
    op.drop_table('program_versions')
    op.drop_index('ix_patient_numbers_number', table_name='patient_numbers')
    op.drop_table('patient_numbers')
    op.drop_index('ix_page_sessions_expires', table_name='page_sessions')
    op.drop_table('page_sessions')
    op.drop_table('page_links')
    op.drop_index('uq_conversations_stranger', table_name='conversations', postgresql_where=sa.text('patient_id IS NULL'))
    op.drop_index('uq_conversations_patient', table_name='conversations', postgresql_where=sa.text('patient_id IS NOT NULL'))
    op.drop_table('conversations')
    op.drop_index('ix_consents_number', table_name='consents')
    op.drop_table('consents')
    op.drop_index('ix_appointments_patient', table_name='appointments')
    op.drop_table('appointments')
    op.drop_table('teams')
    op.drop_table('staff')
    op.drop_index('ix_slots_free', table_name='slots')
    op.drop_table('slots')
    op.drop_table('sites')
    op.drop_table('routes')
    op.drop_table('receipts')
    op.drop_table('provider_events')
    op.drop_table('programs')
    op.drop_table('phone_numbers')
    op.drop_index('ix_patients_name_birth', table_name='patients')
    op.drop_index('ix_patients_mrn', table_name='patients')
    op.drop_table('patients')
    op.drop_index('uq_outbox_due', table_name='outbox', postgresql_where=sa.text("state = 'due'"))
    op.drop_index('ix_outbox_leased', table_name='outbox', postgresql_where=sa.text("state = 'leased'"))
    op.drop_index('ix_outbox_due', table_name='outbox', postgresql_where=sa.text("state = 'due'"))
    op.drop_table('outbox')
    op.drop_index('ix_events_source', table_name='events')
    op.drop_table('events')
    op.drop_table('ehr_links')
    op.drop_table('ehr_feeds')
    op.drop_index('ix_decisions_message', table_name='decisions')
    op.drop_index('ix_decisions_enrollment', table_name='decisions')
    op.drop_index('ix_decisions_case', table_name='decisions', postgresql_where=sa.text('case_id IS NOT NULL'))
    op.drop_table('decisions')
    op.drop_table('connections')
    op.drop_table('audit_seals')
    op.drop_index('ix_audit_subject', table_name='audit')
    op.drop_table('audit')
    op.drop_table('organisations')
    op.execute("DROP SEQUENCE case_numbers")
