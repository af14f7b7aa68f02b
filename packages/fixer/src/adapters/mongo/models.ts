// The collections in MongoDB and their indexes. Documents are the domain's own objects plus what is searched or sorted by.
import { isTerminal } from '@levautofix/contract/job-state';
import { severities } from '@levautofix/contract/severity';
import { Schema, type Connection, type Model } from 'mongoose';
import type { Incident } from '../../domain/incident.js';
import type { HistoryEntry, Job } from '../../domain/job.js';
import type { LedgerEntry } from '../../ports/ledger-store.js';

export interface IncidentDocument extends Omit<Incident, 'id'> {
  _id: string;
  /** Ids of reports that are counted in while their receipt is not yet known to be written. */
  unconfirmed: string[];
}

/** Exists once the report is counted. */
export interface ReceiptDocument {
  _id: string;
  incidentId: string;
  receivedAt: number;
}

export interface JobDocument extends Omit<Job, 'id'> {
  _id: string;
  isOpen: boolean;
  rank: number;
  nonce: string | null;
  /** Inside the job, so that a transition and its row are one write on any server. */
  history: HistoryEntry[];
}

export interface LedgerDocument extends Omit<LedgerEntry, 'id'> {
  _id: string;
}

/** Reservations pass through here one after the other; see the ledger store. */
export interface LedgerGateDocument {
  _id: 'gate';
  version: number;
  pending: LedgerDocument[];
}

export interface SettingDocument {
  _id: string;
  value: string;
}

export interface Models {
  incidents: Model<IncidentDocument>;
  receipts: Model<ReceiptDocument>;
  jobs: Model<JobDocument>;
  ledger: Model<LedgerDocument>;
  ledgerGate: Model<LedgerGateDocument>;
  settings: Model<SettingDocument>;
}

export function createModels(connection: Connection): Models {
  const define = <T>(name: string, schema = createSchema()) =>
    connection.model(name, schema, name) as unknown as Model<T>;
  return {
    incidents: define(
      'incidents',
      createSchema()
        .index({ lastSeenAt: -1, _id: -1 })
        .index({ state: 1, lastSeenAt: -1, _id: -1 })
        .index({ jobId: 1, state: 1, lastSeenAt: 1 }),
    ),
    receipts: define('receipts'),
    jobs: define(
      'jobs',
      createSchema()
        .index(
          { service: 1, fingerprint: 1 },
          { name: 'one_open_job', unique: true, partialFilterExpression: { isOpen: true } },
        )
        .index({ service: 1, fingerprint: 1, createdAt: -1 })
        .index({ createdAt: -1, _id: -1 })
        .index({ isOpen: 1, rank: -1, createdAt: 1, _id: 1 })
        .index({ nonce: 1 }),
    ),
    ledger: define('ledger', createSchema().index({ at: 1 }).index({ jobId: 1, at: 1 }).index({ settles: 1 })),
    ledgerGate: define('ledger_gate'),
    settings: define('settings'),
  };
}

// Documents written before these fields existed lack them; they are read as if nothing had happened yet.
const laterIncidentFields = { reason: null, sightings: [], fixes: [] } satisfies Partial<Incident>;
const laterJobFields = { predecessor: null, admittedAt: null, askedWith: null } satisfies Partial<Job>;

export function toIncident({ _id, unconfirmed: _, ...incident }: IncidentDocument): Incident {
  return { id: _id, ...laterIncidentFields, ...incident };
}

export function fromIncident({ id, ...incident }: Incident): Omit<IncidentDocument, 'unconfirmed'> {
  return { _id: id, ...incident };
}

export function toJob({ _id, isOpen: _, rank: __, nonce: ___, history: ____, ...job }: JobDocument): Job {
  return { id: _id, ...laterJobFields, ...job };
}

export function fromJob({ id, ...job }: Job): Omit<JobDocument, 'history'> {
  return {
    _id: id,
    ...job,
    isOpen: !isTerminal(job.state),
    rank: severities.indexOf(job.severity),
    nonce: job.approval?.nonce ?? null,
  };
}

// The domain's types say what a document holds; a second description here could only drift from them.
function createSchema(): Schema {
  return new Schema({ _id: String }, { strict: false, strictQuery: false, minimize: false, versionKey: false });
}
