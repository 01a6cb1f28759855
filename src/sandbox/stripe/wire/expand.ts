import { StripeApiError } from './errors.ts';
import { findLineItems, findObjects } from '../objectStore.ts';
import type { Db } from '../objectStore.ts';
import type { RefundBody, StripeObject } from '../objects/shapes.ts';

type Body = Record<string, unknown>;
interface Tree {
  [property: string]: Tree;
}

/** Properties that hold an id and can be expanded into the object. */
const references: Record<string, readonly string[]> = {
  'checkout.session': [
    'customer',
    'invoice',
    'payment_intent',
    'payment_link',
    'setup_intent',
    'subscription',
  ],
  payment_intent: ['customer', 'latest_charge'],
  charge: ['customer', 'payment_intent', 'refunds'],
  refund: ['charge', 'payment_intent'],
  dispute: ['charge', 'payment_intent'],
  price: ['product'],
  product: ['default_price'],
};

/** Properties that are left out unless they are expanded. */
const hidden: Record<string, readonly string[]> = {
  'checkout.session': ['line_items'],
  item: ['discounts', 'taxes'],
};

const itemsInline = 10;

/**
 * Objects as the API shows them: what `expand` names is put in place of its id, and properties that come only when
 * expanded are left out. Works on all objects of a list at once, with one query for every property.
 * @throws StripeApiError (400) for a property that cannot be expanded.
 */
export async function render(db: Db, object: object, expand: readonly string[] = []): Promise<object> {
  const copy = structuredClone(object);
  await expandNodes(db, [copy as Body], treeOf(expand));
  return withoutHidden(copy, treeOf(expand)) as object;
}

function treeOf(paths: readonly string[]): Tree {
  const tree: Tree = Object.create(null) as Tree;
  for (const path of paths) {
    const steps = path.split('.');
    if (steps.length > 4)
      throw new StripeApiError(400, `You cannot expand more than 4 levels of a property: ${path}`);
    let node = tree;
    for (const step of steps) node = node[step] ??= Object.create(null) as Tree;
  }
  return tree;
}

async function expandNodes(db: Db, nodes: Body[], tree: Tree): Promise<void> {
  if (nodes.length === 0) return;
  for (const [property, inner] of Object.entries(tree)) {
    if (property === 'line_items') await addLineItems(db, nodes);
    else if (property === 'refunds') await addRefunds(db, nodes);
    else await resolveReferences(db, nodes, property);
    await expandNodes(
      db,
      nodes.flatMap((node) => innerNodes(node[property])),
      inner,
    );
  }
}

async function resolveReferences(db: Db, nodes: Body[], property: string): Promise<void> {
  for (const node of nodes) {
    if (!expandable(node, property)) {
      throw new StripeApiError(
        400,
        `This property cannot be expanded (${property}). You may want to check the API reference for what can be.`,
      );
    }
  }
  const ids = nodes.map((node) => node[property]).filter((value) => typeof value === 'string');
  const found = new Map((await findObjects(db, ids)).map((object) => [object.id, object]));
  for (const node of nodes) {
    const id = node[property];
    const object = typeof id === 'string' ? found.get(id) : undefined;
    if (object) node[property] = structuredClone(object);
  }
}

function expandable(node: Body, property: string): boolean {
  const type = String(node['object']);
  const named = [...(references[type] ?? []), ...(hidden[type] ?? [])].includes(property);
  return named || isBody(node[property]) || Array.isArray(node[property]);
}

async function addLineItems(db: Db, nodes: Body[]): Promise<void> {
  const items = await findLineItems(
    db,
    nodes.map((node) => String(node['id'])),
  );
  for (const node of nodes) {
    const own = items.filter((item) => item.owner === node['id']).map((item) => item.body);
    node['line_items'] = {
      object: 'list',
      data: own.slice(0, itemsInline),
      has_more: own.length > itemsInline,
      url: `/v1/checkout/sessions/${String(node['id'])}/line_items`,
    };
  }
}

async function addRefunds(db: Db, nodes: Body[]): Promise<void> {
  const charges = nodes.map((node) => String(node['id']));
  const { rows } = await db.query<{ body: RefundBody }>(
    `select body from stripe_sandbox.objects
     where type = 'refund' and belongs_to = any($1) and body ->> 'charge' = any($2) order by created desc, seq desc`,
    [nodes.map((node) => node['payment_intent']), charges],
  );
  for (const node of nodes) {
    const own = rows.map(({ body }) => body).filter(({ charge }) => charge === node['id']);
    node['refunds'] = {
      object: 'list',
      data: own.slice(0, itemsInline),
      has_more: own.length > itemsInline,
      url: `/v1/charges/${String(node['id'])}/refunds`,
    };
  }
}

function innerNodes(value: unknown): Body[] {
  if (Array.isArray(value)) return value.filter(isBody);
  return isBody(value) ? [value] : [];
}

function withoutHidden(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutHidden(inner, tree));
  if (!isBody(value)) return value;
  const secret = hidden[(value as Partial<StripeObject>).object ?? ''] ?? [];
  const kept = Object.entries(value).filter(([key]) => tree[key] !== undefined || !secret.includes(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutHidden(inner, tree[key] ?? {})]));
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
