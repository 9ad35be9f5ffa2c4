import { readFileSync } from 'node:fs'

/* What the kernel counts of a network namespace. */

export interface Traffic {
  /** Packets sent on all interfaces, loopback included. */
  packets: number
  /** Connections begun. */
  tcpOpens: number
  udpDatagrams: number
}

/** What this network namespace has sent so far (proc_pid_net(5)). */
export function readTraffic(): Traffic {
  const packets = readFileSync('/proc/self/net/dev', 'utf8').split('\n').slice(2).filter(Boolean)
    .map(line => Number(line.slice(line.indexOf(':') + 1).trim().split(/\s+/)[9]))
    .reduce((sum, count) => sum + count, 0)
  return { packets, tcpOpens: readSnmp('Tcp', 'ActiveOpens'), udpDatagrams: readSnmp('Udp', 'OutDatagrams') }
}

function readSnmp(protocol: string, name: string): number {
  const [names = [], values = []] = readFileSync('/proc/self/net/snmp', 'utf8').split('\n')
    .filter(line => line.startsWith(`${protocol}:`)).map(line => line.split(' '))
  const value = Number(values[names.indexOf(name)])
  if (!Number.isInteger(value)) throw new Error(`the kernel does not count ${protocol} ${name}`)
  return value
}

export function sentBetween(before: Traffic, after: Traffic): Traffic {
  return {
    packets: after.packets - before.packets, tcpOpens: after.tcpOpens - before.tcpOpens, udpDatagrams: after.udpDatagrams - before.udpDatagrams,
  }
}
