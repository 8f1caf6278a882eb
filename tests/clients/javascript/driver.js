// SPDX-License-Identifier: Apache-2.0
// node driver.js MODULE URI PASSWORD [browser]: runs a few queries, prints the protocol as JSON.
'use strict'
const [, , module_path, uri, password, mode] = process.argv
if (mode === 'browser') {
  // The browser build speaks Bolt over WebSocket and takes it, and no trust setting, from the page.
  globalThis.WebSocket = require(require.resolve('ws', { paths: [module_path] }))
  globalThis.window = globalThis
  globalThis.self = globalThis
  globalThis.location = { protocol: uri.includes('+s') ? 'https:' : 'http:' }
}
const neo4j = require(mode === 'browser' ? `${module_path}/lib/browser/neo4j-web.js` : module_path)

async function main () {
  const driver = neo4j.driver(uri, neo4j.auth.basic('neo4j', password))
  const session = driver.session({ database: 'neo4j' })
  const rows = await session.run('UNWIND range(1, 2500) AS i RETURN i, {k: [i]} AS m')
  if (rows.records.length !== 2500 || rows.records[2499].get('i').toNumber() !== 2500) throw new Error('rows')
  const made = await session.run('CREATE (n:Js {v: $v}) RETURN n', { v: neo4j.int(7) })
  if (made.records[0].get('n').properties.v.toNumber() !== 7) throw new Error('node')
  if (made.summary.counters.updates().nodesCreated !== 1) throw new Error('counters')
  const tx = session.beginTransaction()
  const open = await tx
  await open.run('CREATE (:Js {v: 8})')
  await open.rollback()
  try {
    await session.run('RETURN missing')
    throw new Error('no error')
  } catch (e) {
    if (e.code !== 'Neo.ClientError.Statement.SyntaxError') throw e
  }
  const server = rows.summary.server
  await session.close()
  await driver.close()
  const version = server.protocolVersion
  const protocol = typeof version === 'object' ? `${version.major}.${version.minor}` : String(version)
  console.log(JSON.stringify({ protocol, agent: server.agent }))
}
main().catch(error => { console.error(error); process.exit(1) })
