import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../utils/unrouted.ts'

/** The bare `/api`. */
export default defineEventHandler(answerUnrouted)
