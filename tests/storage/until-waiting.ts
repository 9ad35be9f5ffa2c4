/**
 * A statement for PostgreSQL that ends once so many sessions of the database wait for a lock. The server looks itself, so that whoever
 * holds the lock meanwhile holds it no longer than needed, however slow the test's own process is.
 */
export const untilWaiting = (count: number) => `do $$ begin
  for look in 1 .. 3000 loop
    perform pg_stat_clear_snapshot();
    if (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') >= ${count} then return; end if;
    perform pg_sleep(0.01);
  end loop;
  raise 'no ${count} sessions wait for a lock';
end $$`
