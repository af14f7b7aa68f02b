// Severity as input that is checked; apart from the order itself, so that who only compares does not load a validator.
import { z } from 'zod';
import { severities } from './severity.js';

export const severitySchema = z.enum(severities);
