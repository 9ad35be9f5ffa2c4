import { defineEventHandler } from 'h3'
import { answerUnrouted } from '../http/http-error.ts'

/** The bare `/api`. */
export default defineEventHandler(answerUnrouted)
