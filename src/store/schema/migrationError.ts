import { DatabaseError } from 'pg';
import type { MigrationFile } from './migrationFiles.ts';
import type { Statement } from './splitStatements.ts';

/** A migration that was not applied. Nothing of its file was; the files before it were. */
export class MigrationError extends Error {
  readonly fileName: string;
  /** Line of the file, from 1, if it can be told. */
  readonly line: number | undefined;

  constructor(fileName: string, line: number | undefined, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MigrationError';
    this.fileName = fileName;
    this.line = line;
  }
}

export interface FailedStatement {
  file: MigrationFile;
  statement: Statement;
  /** Position of the statement in its file, from 1. */
  number: number;
}

/** Says which statement of which file failed and why. Postgres' DETAIL is left out: it may quote rows of the table. */
export function statementFailed({ file, statement, number }: FailedStatement, error: Error): MigrationError {
  const line = lineOf(statement, error);
  const { hint, where, code } = error instanceof DatabaseError ? error : {};
  const context = where?.split('\n').find((text) => text.startsWith('PL/pgSQL'));
  const parts = [
    `${file.fileName}, line ${line} (statement ${number}): ${error.message}${code ? ` (SQLSTATE ${code})` : ''}`,
    context && `In ${context}.`,
    hint && `Hint: ${hint}`,
    'Nothing of this file was applied.',
  ];
  return new MigrationError(file.fileName, line, parts.filter(Boolean).join('\n'), error);
}

/** Postgres counts characters from 1, not UTF-16 units. */
function lineOf(statement: Statement, error: Error): number {
  const position = error instanceof DatabaseError ? Number(error.position ?? 0) : 0;
  if (!(position > 0)) return statement.line;
  const before = Array.from(statement.sql)
    .slice(0, position - 1)
    .join('');
  return statement.textLine + before.split('\n').length - 1;
}
