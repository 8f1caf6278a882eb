// SPDX-License-Identifier: Apache-2.0
// node reload_load.js MODULE URI PASSWORD CONNECTIONS LIFE_SECONDS: as ../reload_load.py, with the JavaScript
// driver. Trusts the CAs of NODE_EXTRA_CA_CERTS.
'use strict'
const [, , module_path, uri, password, connections, life] = process.argv
const neo4j = require(module_path)
const totals = { queries: 0, connects: 0, errors: [] }
let stopped = false
process.stdin.on('end', () => { stopped = true }).resume()
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
const between = (low, high) => low + Math.random() * (high - low)

async function work () {
  while (!stopped) {
    const driver = neo4j.driver(uri, neo4j.auth.basic('neo4j', password),
      { maxConnectionPoolSize: 1, connectionTimeout: 60000, maxTransactionRetryTime: 0 })
    try {
      totals.connects++
      const until = Date.now() + 1000 * life * between(0.5, 1.5)
      while (!stopped && Date.now() < until) {
        const session = driver.session({ database: 'neo4j' })
        const result = await session.run('UNWIND range(1, 50) AS i RETURN sum(i) AS s')
        if (result.records[0].get('s').toNumber() !== 1275) throw new Error('wrong sum')
        await session.close()
        totals.queries++
        await pause(between(50, 150))
      }
    } catch (error) {
      if (totals.errors.length < 20) totals.errors.push(String(error))
    }
    await driver.close().catch(error => totals.errors.push(String(error)))
  }
}

Promise.all(Array.from({ length: Number(connections) }, work))
  .then(() => console.log(JSON.stringify(totals)))
