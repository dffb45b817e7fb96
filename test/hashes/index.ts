import type { Case } from './case.js';
import { dataCases } from './data.js';
import { methodCases } from './methods.js';
import { modelCases } from './models.js';
import { wholeCases } from './whole.js';

/** A case follows those that it needs. */
export const cases: readonly Case[] = [...modelCases, ...methodCases, ...wholeCases, ...dataCases];
