/** Runs the work for every item, at most `limit` at once, and keeps the items' order. */
export async function inParallel<Item, Result>(
  { items, limit }: { readonly items: readonly Item[]; readonly limit: number },
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
