// objection: models over knex, graphs, upserts of graphs, JSON queries.
import knexFactory from "knex";
import objection from "objection";

const { Model, ref } = objection;
const knex = knexFactory({
  client: "pg",
  connection: { host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" },
  searchPath: ["objection_test"],
  log: { warn() {} },
});
await knex.raw("set client_min_messages to warning; drop schema if exists objection_test cascade; create schema objection_test");
await knex.schema
  .createTable("persons", (t) => {
    t.increments();
    t.string("name");
    t.integer("parentId").references("persons.id");
    t.jsonb("address");
  })
  .createTable("animals", (t) => {
    t.increments();
    t.string("name");
    t.integer("ownerId").references("persons.id").onDelete("cascade");
  })
  .createTable("movies", (t) => {
    t.increments();
    t.string("name");
  })
  .createTable("persons_movies", (t) => {
    t.integer("personId").references("persons.id").onDelete("cascade");
    t.integer("movieId").references("movies.id").onDelete("cascade");
    t.primary(["personId", "movieId"]);
  });
class Animal extends Model {
  static tableName = "animals";
}
class Movie extends Model {
  static tableName = "movies";
}
class Person extends Model {
  static tableName = "persons";
  static jsonAttributes = ["address"];
  static relationMappings = {
    pets: { relation: Model.HasManyRelation, modelClass: Animal, join: { from: "persons.id", to: "animals.ownerId" } },
    children: { relation: Model.HasManyRelation, modelClass: Person, join: { from: "persons.id", to: "persons.parentId" } },
    movies: {
      relation: Model.ManyToManyRelation,
      modelClass: Movie,
      join: { from: "persons.id", through: { from: "persons_movies.personId", to: "persons_movies.movieId" }, to: "movies.id" },
    },
  };
}
Model.knex(knex);
/** Related rows come in the order in which their queries end. */
const sorted = (_, v) =>
  v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v;
const show = (v) => console.log(JSON.stringify(v, sorted));
show(
  await Person.query().insertGraph({
    name: "Jennifer",
    address: { street: "Some", zip: [1, 2] },
    pets: [{ name: "Doggo" }, { name: "Cat" }],
    movies: [{ name: "Film" }],
    children: [{ name: "Kid", pets: [{ name: "Fish" }] }],
  }),
);
show(
  await Person.query()
    .withGraphFetched("[pets, movies, children.pets]")
    .orderBy("id")
    .modifyGraph("pets", (q) => q.orderBy("id")),
);
show(await Person.query().withGraphJoined("pets").where("pets.name", "like", "D%"));
show(await Person.query().upsertGraphAndFetch({ id: 1, name: "Jen", pets: [{ id: 1, name: "Dog" }, { name: "New" }], movies: [] }));
show(await Person.query().where(ref("address:street").castText(), "Some").select("name"));
show(await Person.query().whereJsonSupersetOf("address:zip", [1]).select("name"));
show(await Person.query().patch({ "address:street": "Other" }).where("id", 1).returning("*"));
show(await Person.relatedQuery("pets").for(Person.query().where("name", "Jen")).orderBy("id"));
show(await Person.query().select("persons.*", Person.relatedQuery("pets").count().as("n")).orderBy("id"));
show(await Person.query().page(0, 1).orderBy("id"));
await Person.transaction(async (t) => {
  await Person.query(t).insert({ name: "tx" });
  throw new Error("no");
}).catch((e) => show(e.message));
show(await Person.query().resultSize());
show(
  await Person.query()
    .insert({ id: 1, name: "dup" })
    .catch((e) => [e.name, e.constraint]),
);
show(await Person.query().deleteById(2));
show(Object.keys((await Person.fetchTableMetadata()).columns ?? {}));
await knex.raw("drop schema objection_test cascade");
await knex.destroy();
