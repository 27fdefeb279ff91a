import { Type, type TSchema } from 'typebox';

/** What the files of the schema share: closed objects, and texts and numbers with a meaning and its unit. */
export const object = <P extends Record<string, TSchema>>(description: string, properties: P) =>
  Type.Object(properties, { description, additionalProperties: false });
export const text = (description: string) => Type.String({ description, minLength: 1, maxLength: 500 });
export const port = (description: string) =>
  Type.Integer({ description: `${description} 0: any free port.`, minimum: 0, maximum: 65_535 });
export const whole = (description: string, minimum: number, maximum: number) =>
  Type.Integer({ description, minimum, maximum });
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
