import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/unrouted.ts'

/** The bare `/api`. */
export default defineEventHandler(answerUnrouted)
